import { ConfigError } from "@cali/settings";
import { describe, expect, it } from "vitest";
import { environmentFiles, loadConfig, parseConfig } from "../config/load.ts";
import { memoryMiB } from "../constructs/quantity.ts";
import {
  type ConsumerConfig,
  loadConfig as loadConsumerConfig,
} from "../services/consumer/src/config/load.ts";
import { SECRET_KEYS } from "../services/consumer/src/config/schema.ts";
import { stackNames } from "../stacks/registry.ts";
import {
  allContainers,
  at,
  imageProblems,
  type Manifest,
  manifestProblems,
  type PodSpec,
  podSpecOf,
  resourceProblems,
} from "./support/manifests.ts";
import { restrictedProblems } from "./support/pod-security.ts";
import { run } from "./support/run.ts";
import { type JsonObject, synthesize, synthesizeEnvironment } from "./support/synth.ts";
import { manifestsOf } from "./support/terraform-manifest.ts";

const dev = loadConfig({ env: "dev" });
/** The stacks of the project's own services, each of one image. */
const SERVICE_STACKS = stackNames(({ images = [] }) => images.some(({ variable }) => variable === "image"));
const stacksOf = (changes: object) => synthesize(parseConfig({ ...dev, ...changes }, "dev, changed"));

function one(synthesized: ReturnType<typeof synthesize>, stack: string, kind: string): Manifest {
  const found = manifestsOf(synthesized).filter((m) => m.stack === stack && m.manifest.kind === kind);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} ${kind} in ${stack}`);
  return found[0].manifest;
}
const kindOf = (stack: string) => (stack === "13-consumer" ? "StatefulSet" : "Deployment");
const podOf = (manifest: Manifest) => podSpecOf(manifest) as PodSpec;

describe.each(environmentFiles())("%s", (env) => {
  const synthesized = synthesizeEnvironment(env);
  const manifests = manifestsOf(synthesized);
  const services = manifests.filter(({ stack }) => SERVICE_STACKS.includes(stack));
  const podsOf = (some: typeof manifests) => some.flatMap(({ manifest }) => podSpecOf(manifest) ?? []);
  const [all, pods] = [podsOf(manifests), podsOf(services)];

  it("has a StatefulSet of the consumer, of which there is one, and a Deployment of the log generator", () => {
    const named = (kind: string) =>
      services.filter(({ manifest }) => manifest.kind === kind).map(({ manifest }) => manifest.metadata.name);
    expect(named("StatefulSet")).toEqual(["consumer"]);
    expect(named("Deployment")).toEqual(["log-generator"]);
  });

  it("bounds Node's heap below the memory at which a pod is ended", () => {
    const containers = pods.flatMap(allContainers);
    expect(containers).toHaveLength(2);
    for (const container of containers) {
      const { env = [], resources } = container as unknown as {
        env?: { name: string; value: string }[];
        resources: { limits: { memory: string } };
      };
      const options = env.find(({ name }) => name === "NODE_OPTIONS")?.value ?? "";
      const heap = Number(/^--max-old-space-size=(\d+)$/.exec(options)?.[1]);
      const limit = memoryMiB(resources.limits.memory);
      expect(heap).toBeGreaterThan(limit * 0.6);
      expect(heap).toBeLessThan(limit * 0.85);
    }
  });

  it.each(manifests)("$stack $address is what Kubernetes knows", async ({ manifest }) => {
    expect(await manifestProblems(manifest)).toEqual([]);
  });

  it("has only pods that the restricted Pod Security Standard lets in", () => {
    expect(all.length).toBeGreaterThan(pods.length);
    expect(all.flatMap(restrictedProblems)).toEqual([]);
  });

  it("has only pods with requests, a memory limit and an image that stays what it is", () => {
    expect(all.flatMap(resourceProblems)).toEqual([]);
    expect(all.flatMap(imageProblems)).toEqual([]);
  });

  it("has services from images by digest, with a root that nothing can write to", () => {
    for (const container of pods.flatMap(allContainers)) {
      expect(container.image).toMatch(/@sha256:/);
      expect(at(container, "securityContext", "readOnlyRootFilesystem")).toBe(true);
    }
  });

  it("refers to nothing that is not there", () => {
    for (const pod of pods) {
      const [container] = pod.containers;
      const of = (stack: string, kind: string, name: unknown = container?.name) =>
        services.some(
          (m) => m.stack === stack && m.manifest.kind === kind && m.manifest.metadata.name === name,
        );
      const stack = container?.name === "consumer" ? "13-consumer" : "12-log-generator";
      expect(of(stack, "ServiceAccount")).toBe(true);
      expect(pod.serviceAccountName).toBe(container?.name);
      for (const source of (container?.envFrom ?? []) as JsonObject[]) {
        const kind = source.secretRef ? "Secret" : "ConfigMap";
        const name = at(source, source.secretRef ? "secretRef" : "configMapRef", "name");
        expect(of(stack, kind, name)).toBe(true);
      }
      const volumes = ((pod.volumes ?? []) as JsonObject[]).map(({ name }) => name);
      expect(((container?.volumeMounts ?? []) as JsonObject[]).map(({ name }) => name)).toEqual(volumes);
    }
  });

  it("gives the consumer a configuration that it takes", () => {
    const settings = consumerSettings(synthesized);
    expect(settings.kinesis.stream).toContain("-logs-stream");
    expect(settings.http.port).toBe(
      at(
        podOf(one(synthesized, "13-consumer", "StatefulSet")),
        "containers",
        "0",
        "ports",
        "0",
        "containerPort",
      ),
    );
  });
});

/** The settings of the ConfigMap and the Secret, as the consumer itself reads them. */
function consumerSettings(synthesized: ReturnType<typeof synthesize>): ConsumerConfig {
  const settings = one(synthesized, "13-consumer", "ConfigMap").data as Record<string, string>;
  const secrets = (at(one(synthesized, "13-consumer", "Secret"), "stringData") ?? {}) as Record<
    string,
    string
  >;
  const resolved = (text: string) =>
    text
      .replaceAll("${data.aws_caller_identity.current.account_id}", "123456789012")
      .replaceAll("${data.aws_opensearch_domain.logs.endpoint}", "search-cali.es.amazonaws.com")
      .replaceAll(/\$\{var\.open_search_password\}/g, "password")
      .replaceAll(/\$\{var\.\w+\}/g, "");
  const env = Object.fromEntries(
    Object.entries({ ...settings, ...secrets }).map(([key, text]) => [key, resolved(text)]),
  );
  return loadConsumerConfig(undefined, env);
}

describe("the consumer", () => {
  const prod = synthesizeEnvironment("prod");

  it("gets each secret that it has from a variable that is in no plan and no state", () => {
    const legacy = synthesizeEnvironment("terraform-users");
    const keys = Object.keys(at(one(legacy, "13-consumer", "Secret"), "stringData") as object);
    // In the cluster the console only shows: what changes something is asked of Slack or of a command.
    const variables = SECRET_KEYS.filter((key) => key !== "console.token").map(
      (key) =>
        `CALI_${key
          .replaceAll(".", "_")
          .replaceAll(/([A-Z])/g, "_$1")
          .toUpperCase()}`,
    );
    expect(keys.sort()).toEqual(variables.sort());
    for (const stacks of [prod, legacy].map(({ stacks }) => stacks["13-consumer"])) {
      expect(Object.keys(stacks?.resource?.kubernetes_secret_v1?.consumer ?? {})).not.toContain("data");
      for (const [name, variable] of Object.entries(stacks?.variable ?? {})) {
        if (["image", "rotation"].includes(name)) continue;
        expect(variable).toMatchObject({ sensitive: true, ephemeral: true, nullable: false });
      }
    }
  });

  const annotationsOf = (synthesized: ReturnType<typeof synthesize>, stack: string) =>
    at(one(synthesized, stack, kindOf(stack)), "spec", "template", "metadata", "annotations") as Record<
      string,
      string
    >;

  it("is started anew by other settings and other secrets", () => {
    const logging = (level: string) =>
      stacksOf({ services: { consumer: { settings: { CALI_LOG_LEVEL: level } } } });
    const [before, again, after] = ["info", "info", "debug"].map((level) =>
      annotationsOf(logging(level), "13-consumer"),
    );
    expect(before?.["cali.io/settings"]).toMatch(/^[0-9a-f]{64}$/);
    expect(again).toEqual(before);
    expect(after?.["cali.io/settings"]).not.toBe(before?.["cali.io/settings"]);
    // What only Terraform knows changes them, too.
    expect(before?.["cali.io/settings-references"]).toContain(
      "https://${data.aws_opensearch_domain.logs.endpoint}",
    );
    expect(annotationsOf(prod, "13-consumer")["cali.io/secrets"]).toBe("${tostring(var.rotation)}");
  });

  it("has a ConfigMap of its settings; the log generator, which has none, has no ConfigMap", () => {
    const maps = (stack: string) =>
      manifestsOf(prod).filter((m) => m.stack === stack && m.manifest.kind === "ConfigMap");
    expect(maps("13-consumer")).toHaveLength(1);
    expect(maps("12-log-generator")).toEqual([]);
    expect(Object.keys(annotationsOf(prod, "12-log-generator"))).toEqual(["fluentbit.io/exclude_stderr"]);
  });

  it("is one pod however many shards there are, and has no autoscaling", () => {
    const wide = stacksOf({ stream: { mode: "provisioned", shards: 30 } });
    expect(one(wide, "13-consumer", "StatefulSet").spec).toMatchObject({ replicas: 1 });
    expect(wide.stacks["13-consumer"]?.resource?.kubernetes_stateful_set_v1?.consumer?.wait_for_rollout).toBe(
      true,
    );
    expect(manifestsOf(wide).map(({ manifest }) => manifest.kind)).not.toContain("HorizontalPodAutoscaler");
  });

  it("is placed when no other pod of the consumer is left, of whichever engine", () => {
    expect(at(podOf(one(stacksOf({}), "13-consumer", "StatefulSet")), "affinity")).toEqual({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: "topology.kubernetes.io/region",
            labelSelector: { matchLabels: { "app.kubernetes.io/name": "consumer" } },
          },
        ],
      },
    });
  });

  it("without a table keeps its state on a volume, alone", () => {
    const legacy = synthesizeEnvironment("terraform-users");
    const workload = one(legacy, "13-consumer", "StatefulSet");
    expect(workload.spec).toMatchObject({ replicas: 1 });
    expect(consumerSettings(legacy).state).toMatchObject({ file: "/var/lib/cali/state.db" });
    expect(JSON.stringify(podOf(workload).volumes)).toContain(
      '"persistentVolumeClaim":{"claimName":"consumer"}',
    );
  });

  it("takes its role by its service account's annotation with IRSA", () => {
    const annotations = (env: string) =>
      one(synthesizeEnvironment(env), "13-consumer", "ServiceAccount").metadata.annotations;
    expect(annotations("terraform-users")).toEqual({
      "eks.amazonaws.com/role-arn":
        "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/cali-app-role",
    });
    expect(annotations("prod")).toBeUndefined();
  });

  it("takes a Secret that is there already", () => {
    const services = { consumer: { secrets: { kind: "existing", name: "from-vault" } } };
    const synthesized = stacksOf({ services });
    expect(synthesized.stacks["13-consumer"]?.resource).not.toHaveProperty("kubernetes_secret_v1");
    const [container] = podOf(one(synthesized, "13-consumer", "StatefulSet")).containers;
    expect(container?.envFrom).toEqual([
      { configMapRef: { name: "consumer-single" } },
      { secretRef: { name: "from-vault" } },
    ]);
    expect(Object.keys(synthesized.stacks["13-consumer"]?.variable ?? {})).toEqual(["image"]);
  });

  it("takes links and further settings", () => {
    const services = {
      consumer: { links: { grafana: "https://grafana.example.org" }, settings: { CALI_LOG_LEVEL: "debug" } },
    };
    const settings = consumerSettings(stacksOf({ services }));
    expect(settings.links).toEqual({
      grafana: "https://grafana.example.org",
      openSearch: "https://search-cali.es.amazonaws.com/_dashboards",
    });
    expect(settings.log.level).toBe("debug");
  });

  it("learns for half an hour unless it is told otherwise", () => {
    expect(consumerSettings(synthesize(dev)).grouping.learnForMs).toBe(30 * 60_000);
    const off = consumerSettings(stacksOf({ services: { consumer: { learnMinutes: 0 } } }));
    expect(off.grouping.learnForMs).toBe(0);
  });

  it("posts as a bot where there is a channel", () => {
    const settings = consumerSettings(stacksOf({ services: { consumer: { slackChannel: "#alerts" } } }));
    expect(settings.slack.channel).toBe("#alerts");
  });

  it("writes in the language of the environment", () => {
    expect(consumerSettings(stacksOf({ language: "ko" })).language).toBe("ko");
  });

  it("takes routes, whose webhooks are a secret that has to be given then", () => {
    const routes = [
      { services: ["payment"], levels: ["FATAL"], labels: { errorCode: ["X"] }, webhook: "payments" },
    ];
    const synthesized = stacksOf({ services: { consumer: { routes } } });
    const map = one(synthesized, "13-consumer", "ConfigMap").data as Record<string, string>;
    expect(JSON.parse(map.CALI_SLACK_ROUTES ?? "")).toEqual(routes);
    expect(() => consumerSettings(synthesized)).toThrow("allowed: one of slack.webhooks (there is none)");
    const variable = synthesized.stacks["13-consumer"]?.variable?.slack_webhooks;
    expect(variable).toMatchObject({ sensitive: true, ephemeral: true });
    expect(variable).not.toHaveProperty("default");
    expect(synthesize(dev).stacks["13-consumer"]?.variable?.slack_webhooks).toMatchObject({ default: "" });
  });
});

describe("the log generator", () => {
  it("takes its arguments", async () => {
    const [container] = podOf(one(synthesize(dev), "12-log-generator", "Deployment")).containers;
    const args = [
      "--import",
      "tsx",
      "services/log-generator/src/main.ts",
      ...((container?.args ?? []) as string[]),
    ];
    const { code, stdout } = await run("node", [...args, "--count", "3", "--seed", "1"]);
    expect({ code, lines: stdout.trim().split("\n").length >= 3 }).toEqual({ code: 0, lines: true });
  });

  it("is what Fluent Bit takes log records from; the consumer's own log is not", () => {
    const labels = (stack: string) =>
      at(one(synthesize(dev), stack, kindOf(stack)), "spec", "template", "metadata", "labels");
    expect(labels("12-log-generator")).toMatchObject({ "cali.io/logs": "true" });
    expect(labels("13-consumer")).not.toHaveProperty(["cali.io/logs"]);
  });

  it("can be turned off", () => {
    const off = stacksOf({ services: { logGenerator: { replicas: 0 } } });
    expect(one(off, "12-log-generator", "Deployment").spec).toMatchObject({ replicas: 0 });
  });
});

describe("an image", () => {
  const condition = (stack: string) => {
    const condition = at(synthesize(dev).stacks[stack], "variable", "image", "validation", "0", "condition");
    const pattern = /regex\("(.*)", var\.image\)/.exec(String(condition))?.[1];
    // Terraform's quoted text would read a backslash as an escape of its own.
    expect(pattern).not.toContain("\\");
    return new RegExp(pattern ?? "(?!)");
  };
  const repository = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/cali-dev/consumer";
  const digest = `sha256:${"0a".repeat(32)}`;

  it("of the service's own repository is taken by its digest", () => {
    expect(condition("13-consumer").test(`${repository}@${digest}`)).toBe(true);
  });

  it.each([
    `${repository}:latest`,
    `${repository}:1.2.3@${digest}`,
    repository,
    `${repository}@sha256:${"0A".repeat(32)}`,
    `${repository}@sha256:abc`,
    `docker.io/${repository}@${digest}`,
    `${repository.replace("consumer", "log-generator")}@${digest}`,
    `${repository.replace("-dev", "-prod")}@${digest}`,
    `${repository.replace("ap-northeast-2", "us-east-1")}@${digest}`,
    `${repository.replaceAll(".", "x")}@${digest}`,
    `${repository}@${digest}\n`,
  ])("is refused as %j", (image) => {
    expect(condition("13-consumer").test(image)).toBe(false);
  });
});

describe("a configuration that contradicts itself", () => {
  const problem = (changes: object) => {
    try {
      parseConfig({ ...dev, ...changes }, "x.yaml");
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
    }
    return "";
  };

  it.each([
    [
      { services: { consumer: { maxReplicas: 2 } } },
      "services.consumer.maxReplicas: given 2; allowed: null or 1: one consumer reads the whole stream; for more pods set engine: kcl",
    ],
    [
      { stream: { mode: "provisioned", shards: 8 }, services: { consumer: { minReplicas: 2 } } },
      "services.consumer.minReplicas: given 2; allowed: 1: one consumer reads the whole stream; for more pods set engine: kcl",
    ],
    [{ services: { consumer: { settings: { SLACK: "x" } } } }, "services.consumer.settings.SLACK"],
    [{ services: { consumer: { resources: { memory: "1GB" } } } }, "allowed: memory such as 256Mi or 1Gi"],
  ])("is refused: %j", (changes, said) => {
    expect(problem(changes)).toContain(said);
  });
});
