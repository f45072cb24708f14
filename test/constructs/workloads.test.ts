import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type ITerraformDependable, Lazy, TerraformOutput, TerraformStack, Testing } from "cdktf";
import { describe, expect, it } from "vitest";
import { CronJobV1, DeploymentV1, MAPS, StatefulSetV1, terraformName } from "../../constructs/workloads.ts";

const require = createRequire(import.meta.url);
const BINDINGS = "@cdktf/provider-kubernetes/lib";

/** What generated code writes: `match_labels: cdktf.hashMapper(…)(struct.matchLabels),`. */
const ATTRIBUTE = /^ {8}(\w+): (.+)\(struct\.(\w+)\),$/gm;

describe.each(["cron-job-v1", "deployment-v1", "stateful-set-v1"])(
  "every attribute of the binding %s",
  (name) => {
    const folder = join(dirname(require.resolve(`${BINDINGS}/${name}/index.js`)), "index-structs");
    const text = readdirSync(folder)
      .filter((file) => file.endsWith(".js"))
      .map((file) => readFileSync(join(folder, file), "utf8"))
      .join("\n");
    const attributes = [...text.matchAll(ATTRIBUTE)].map(([, terraform = "", writer = "", key = ""]) => ({
      terraform,
      key,
      isMap: writer.startsWith("cdktf.hashMapper"),
    }));

    it("has the name that it is given here", () => {
      expect(attributes.length).toBeGreaterThan(500);
      expect(attributes.filter(({ key, terraform }) => terraformName(key) !== terraform)).toEqual([]);
    });

    it("is a map where it is taken for one here, and nowhere else", () => {
      expect(attributes.filter(({ key, isMap }) => isMap !== MAPS.has(key))).toEqual([]);
    });
  },
);

describe("a workload", () => {
  const pod = (value: string) => ({
    metadata: { labels: { "app.kubernetes.io/partOf": "cali" }, annotations: { camelCase: "kept" } },
    spec: {
      automountServiceAccountToken: false,
      nodeSelector: { diskType: "ssd" },
      container: [
        {
          name: "one",
          env: [{ name: "A", value }],
          resources: { limits: { memory: "1Gi" }, requests: { cpu: "1" } },
          securityContext: { runAsNonRoot: true, capabilities: { drop: ["ALL"] } },
        },
      ],
      volume: [{ name: "scratch", emptyDir: {} }],
    },
  });
  const metadata = { name: "one", labels: { camelCase: "kept" } };
  const meta = (dependsOn: ITerraformDependable[]) => ({
    dependsOn,
    lifecycle: { ignoreChanges: ["spec[0].replicas"] },
    count: 2,
  });

  /** The JSON of a stack with one of each. */
  function synthesized(Types: {
    CronJobV1: new (...args: ConstructorParameters<typeof CronJobV1>) => unknown;
    DeploymentV1: new (...args: ConstructorParameters<typeof DeploymentV1>) => unknown;
    StatefulSetV1: new (...args: ConstructorParameters<typeof StatefulSetV1>) => unknown;
  }): unknown {
    const stack = new TerraformStack(Testing.app(), "stack");
    const template = pod(Lazy.stringValue({ produce: () => "late" }));
    const selector = { matchLabels: { camelCase: "kept" } };
    new Types.DeploymentV1(stack, "Deployment", {
      metadata,
      spec: { template, selector, strategy: { rollingUpdate: { maxSurge: "1" } } },
      timeouts: { create: "10m" },
      waitForRollout: true,
      ...meta([{ fqn: "aws_instance.one" }]),
    });
    new Types.StatefulSetV1(stack, "StatefulSet", {
      metadata,
      spec: { template, selector, serviceName: "one" },
    });
    new Types.CronJobV1(stack, "CronJob", {
      metadata,
      spec: { schedule: "15 3 * * *", jobTemplate: { metadata: {}, spec: { backoffLimit: 0, template } } },
    });
    return JSON.parse(Testing.synth(stack));
  }

  it("is synthesized as its binding is", () => {
    const own = synthesized({ CronJobV1, DeploymentV1, StatefulSetV1 });
    expect(own).toHaveProperty(
      "resource.kubernetes_deployment_v1.Deployment.spec.template.metadata.annotations",
      {
        camelCase: "kept",
      },
    );
    expect(own).toEqual(
      synthesized({
        ...require(`${BINDINGS}/cron-job-v1/index.js`),
        ...require(`${BINDINGS}/deployment-v1/index.js`),
        ...require(`${BINDINGS}/stateful-set-v1/index.js`),
      }),
    );
  });

  it("refers to its name as its binding does", () => {
    const { DeploymentV1: Binding } = require(`${BINDINGS}/deployment-v1/index.js`);
    const config = { metadata, spec: { template: pod("now") } };
    const nameOf = (nameIn: (stack: TerraformStack) => string) => {
      const stack = new TerraformStack(Testing.app(), "stack");
      new TerraformOutput(stack, "name", { value: nameIn(stack) });
      return JSON.parse(Testing.synth(stack)).output;
    };
    const own = nameOf((stack) => new DeploymentV1(stack, "One", config).name);
    expect(own.name.value).toContain("kubernetes_deployment_v1.One.");
    expect(own).toEqual(nameOf((stack) => new Binding(stack, "One", config).metadata.name));
  });
});
