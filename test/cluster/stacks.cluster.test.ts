import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Lab, STACKS } from "./support/lab.ts";
import { missingParts, skipped } from "./support/parts.ts";

/** 08 to 13 as they are deployed: `cali deploy` with the real providers and charts, on a real control plane. Pods run nothing. */

const metadata = z.object({ name: z.string(), namespace: z.string().default("") });
const eventSchema = z.object({ reason: z.string(), message: z.string(), involvedObject: metadata });
const podSchema = z.object({
  metadata: metadata.extend({
    annotations: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({
    serviceAccountName: z.string(),
    containers: z.array(z.object({ image: z.string() })),
    volumes: z.array(z.object({ name: z.string() })).default([]),
  }),
  status: z.object({
    phase: z.string(),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })),
  }),
});
const serviceSchema = z.object({ metadata, spec: z.object({ selector: z.object({}).loose().optional() }) });
const sliceSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()), namespace: z.string() }),
  endpoints: z.array(z.object({ conditions: z.object({ ready: z.boolean() }) })).nullable(),
});
const volumeSchema = z.object({
  spec: z.object({ claimRef: metadata, persistentVolumeReclaimPolicy: z.string() }),
  status: z.object({ phase: z.string() }),
});
type Pod = z.infer<typeof podSchema>;
interface Named {
  readonly metadata: z.infer<typeof metadata>;
}

/** Namespaces that Kubernetes has by itself. */
const OWN_NAMESPACES = /^(default|kube-.*|local-path-storage)$/;

const isReady = ({ status }: Pod) =>
  status.phase === "Succeeded" ||
  status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
const nameOf = ({ metadata }: Named) => `${metadata.namespace}/${metadata.name}`;
/** Airflow's Jobs and whatever ends by itself. */
const lasts = ({ status, metadata }: Pod) => status.phase !== "Succeeded" && !metadata.deletionTimestamp;

it.runIf(process.env.CALI_CLUSTER_REQUIRED === "true")("has all its parts", () => {
  expect(missingParts).toEqual([]);
});

describe.skipIf(missingParts.length > 0).each(["dev", "prod"])(
  `the stacks of %s in a cluster${skipped(missingParts)}`,
  (env) => {
    let lab: Lab;
    beforeAll(async () => {
      lab = await Lab.start(env);
    });
    afterAll(async () => {
      await lab?.stop();
    });

    const pods = async () => (await lab.all("pods", podSchema)).filter(lasts);
    const refused = async () =>
      (await lab.all("events", eventSchema)).filter(({ reason }) => reason === "FailedCreate");
    /** Pods of our own that run one of the images. */
    const imagesOf = async (digit: string) =>
      (await pods())
        .filter(({ spec }) =>
          spec.containers.some(({ image }) => image.endsWith(`@sha256:${digit.repeat(64)}`)),
        )
        .map(({ metadata }) => metadata.name.replace(/-[a-z0-9]+(-[a-z0-9]{5})?$|-\d+$/, ""));

    /** What every deployment must leave. */
    async function expectWell(): Promise<void> {
      expect(await refused()).toEqual([]);
      expect((await pods()).filter((pod) => !isReady(pod)).map(nameOf)).toEqual([]);
      const { code, stdout, stderr } = await lab.cali(["plan", "--detailed-exitcode", "cluster"]);
      expect(code, stdout + stderr).toBe(0);
    }

    it("go on after a first installation was killed: the release is uninstalled and installed anew", async () => {
      lab.kubelets.runs = (namespace) => namespace !== "logging";
      const first = await lab.cali(["deploy", "--replan", "08-cluster"]);
      expect(first.code, first.stdout + first.stderr).toBe(0);
      await lab.killDeployment("09-fluent-bit", "a");
      lab.kubelets.runs = () => true;
      expect(await lab.deploy("a")).toMatch(
        /09-fluent-bit: applied\n {2}logging\/fluent-bit: revision 1 was pending-install and nothing worked on it: uninstalled/,
      );
    });

    it("are admitted and ready, and there is nothing to change right after", async () => {
      await expectWell();
      const names = new Set((await pods()).map(({ metadata }) => metadata.namespace));
      expect([...names].filter((name) => !OWN_NAMESPACES.test(name)).sort()).toEqual([
        "airflow",
        "cali",
        "logging",
        "milvus",
        "monitoring",
      ]);
    });

    it("have services whose selectors find ready pods", async () => {
      const slices = await lab.all("endpointslices", sliceSchema);
      const without = (await lab.all("services", serviceSchema)).filter(
        ({ metadata, spec }) =>
          spec.selector &&
          !slices.some(
            (slice) =>
              slice.metadata.namespace === metadata.namespace &&
              slice.metadata.labels["kubernetes.io/service-name"] === metadata.name &&
              slice.endpoints?.some(({ conditions }) => conditions.ready),
          ),
      );
      expect(without.map(nameOf).filter((name) => name !== "kube-system/kube-dns")).toEqual([]);
    });

    it("run under accounts that are there, with no more rights than they need", async () => {
      const accounts = new Set((await lab.all("serviceaccounts", z.object({ metadata }))).map(nameOf));
      const all = await pods();
      expect(
        all.filter(({ metadata, spec }) => !accounts.has(`${metadata.namespace}/${spec.serviceAccountName}`)),
      ).toEqual([]);
      // Who has a token of the API server, by namespace.
      const withToken = all.filter(
        ({ metadata, spec }) =>
          !OWN_NAMESPACES.test(metadata.namespace) &&
          spec.volumes.some(({ name }) => /^kube-api-access/.test(name)),
      );
      expect(
        [
          ...new Set(
            withToken.map(({ metadata, spec }) => `${metadata.namespace}:${spec.serviceAccountName}`),
          ),
        ].sort(),
      ).toEqual(["airflow:airflow-sa", "logging:fluent-bit"]);
      const rights = {
        "airflow starts the consumer's pods": await lab.may(
          "airflow:airflow-sa",
          "create",
          "pods",
          "-n",
          "cali",
        ),
        "airflow starts none of its own": await lab.may(
          "airflow:airflow-sa",
          "create",
          "pods",
          "-n",
          "airflow",
        ),
        "airflow reads Secrets": await lab.may("airflow:airflow-sa", "get", "secrets", "-n", "cali"),
        "Fluent Bit reads pods": await lab.may("logging:fluent-bit", "get", "pods", "-n", "cali"),
        "Fluent Bit reads Secrets": await lab.may("logging:fluent-bit", "get", "secrets", "-n", "cali"),
        "the consumer reads pods": await lab.may("cali:consumer", "get", "pods", "-n", "cali"),
        "Milvus reads Secrets": await lab.may("milvus:milvus", "get", "secrets", "-n", "milvus"),
      };
      expect(Object.entries(rights).flatMap(([what, may]) => (may ? [what] : []))).toEqual([
        "airflow starts the consumer's pods",
        "Fluent Bit reads pods",
      ]);
    });

    it("take changed values, images and a rotation, and other ones right after", async () => {
      const milvus = () => lab.cluster.kubectl("get", "secret", "milvus-root", "-n", "milvus", "-o", "json");
      for (const [place, digit] of ["b", "c"].entries()) {
        lab.edit(
          "helm-values/airflow-values.yaml",
          `retentionDays: ${14 + place}`,
          `retentionDays: ${15 + place}`,
        );
        lab.edit("helm-values/fluent-bit-values.yaml", `grace: ${4 + place}`, `grace: ${5 + place}`);
        const password = `milvus-root-password-${digit}`;
        await lab.deploy(digit, {
          TF_VAR_rotation: String(place + 2),
          TF_VAR_milvus_root_password: password,
        });
        const { data } = z
          .object({ data: z.object({ password: z.string() }) })
          .parse(JSON.parse(await milvus()));
        expect(Buffer.from(data.password, "base64").toString()).toBe(password);
        expect(new Set(await imagesOf(digit))).toEqual(
          new Set([
            "airflow-api-server",
            "airflow-dag-processor",
            "airflow-scheduler",
            "consumer",
            "log-generator",
          ]),
        );
        const rotated = (await pods()).filter(
          ({ metadata }) => metadata.annotations["cali/rotation"] === String(place + 2),
        );
        expect(rotated.map(({ metadata }) => metadata.name)).toEqual(
          expect.arrayContaining([expect.stringMatching(/^milvus-standalone-/), "airflow-postgres-0"]),
        );
      }
      await expectWell();
    });

    it("go on after an upgrade was killed, and doctor says what waits and why", async () => {
      lab.kubelets.runs = (namespace) => namespace !== "airflow";
      await lab.killDeployment("11-airflow", "d");
      const { stdout } = await lab.cali(["doctor"]);
      expect(stdout).toMatch(/Helm release airflow\/airflow[\s\S]*revision \d+ is pending-upgrade/);
      expect(stdout).toMatch(/pod airflow\/airflow-[\s\S]*not ready: [\s\S]*ImagePullBackOff/);
      lab.kubelets.runs = () => true;
      expect(await lab.deploy("d")).toMatch(
        /11-airflow: applied\n {2}airflow\/airflow: revision \d+ was pending-upgrade and nothing worked on it: its record was deleted/,
      );
      await expectWell();
    });

    it("are destroyed where nothing protects them, and their volumes stay", async () => {
      const refusal = await lab.terraform("08-cluster", ["plan", "-destroy"]);
      expect(refusal.stdout + refusal.stderr).toMatch(
        env === "prod" ? /Instance cannot be destroyed/ : /to destroy/,
      );
      for (const stack of STACKS.toReversed()) {
        lab.unprotect(stack);
        const { code, stdout, stderr } = await lab.terraform(stack, ["destroy", "-auto-approve"]);
        expect(code, stdout + stderr).toBe(0);
      }
      const left = await lab.all("namespaces", z.object({ metadata }));
      expect(left.map(({ metadata }) => metadata.name).filter((name) => !OWN_NAMESPACES.test(name))).toEqual(
        [],
      );
      const volumes = await lab.all("persistentvolumes", volumeSchema);
      expect(new Set(volumes.map(({ status }) => status.phase))).toEqual(new Set(["Released"]));
      expect([...new Set(volumes.map(({ spec }) => spec.claimRef.namespace))].sort()).toEqual([
        "airflow",
        "milvus",
      ]);
    });
  },
);
