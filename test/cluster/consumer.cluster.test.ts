import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { ROOT } from "../support/run.ts";
import type { Life } from "./support/kubelets.ts";
import { Lab } from "./support/lab.ts";
import { missingWithoutCharts, skipped } from "./support/parts.ts";

/**
 * The consumer's engines follow one another on a real control plane, with the real provider: a pod that is told to end takes its time, and no pod of the
 * next engine runs before. `test/fixtures/consumer-deployment` is 13-consumer as 66deeea synthesized it, when engine `single` was
 * a Deployment.
 */

/** More than anything here waits for by itself; a pod has 30 s. */
const ENDS_MS = 15_000;
const COMPONENT = "app.kubernetes.io/component";
const earlier = (name: string) => join(ROOT, `test/fixtures/consumer-deployment/${name}.tf.json`);

/** What 08-cluster would have made. */
const NEIGHBOURS = [
  {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "cali", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  },
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "gp3" },
    provisioner: "ebs.csi.aws.com",
    reclaimPolicy: "Retain",
    volumeBindingMode: "WaitForFirstConsumer",
  },
];

const claimSchema = z.object({
  metadata: z.object({ name: z.string(), uid: z.string() }),
  spec: z.object({ volumeName: z.string() }),
  status: z.object({ phase: z.literal("Bound") }),
});
const podSchema = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
  spec: z.object({
    nodeName: z.string().optional(),
    volumes: z.array(z.object({ persistentVolumeClaim: z.object({ claimName: z.string() }).optional() })),
  }),
});
const madeSchema = z.object({ metadata: z.object({ creationTimestamp: z.string() }) });

/** `replicas`, with what only they share; `single`; `workers`; `notifier`. */
const roleOf = ({ labels }: Life) =>
  labels[COMPONENT] ?? (labels["pod-template-hash"] ? `replicas ${labels["pod-template-hash"]}` : "single");

/** Whether two pods may run at once: replicas of before, and workers beside workers and the notifier. */
function mayMeet(one: Life, other: Life): boolean {
  const roles = [roleOf(one), roleOf(other)];
  if (roles[0] === roles[1]) return !["single", "notifier"].includes(roles[0] ?? "");
  return roles.every((role) => ["workers", "notifier"].includes(role));
}

const overlap = (one: Life, other: Life) =>
  one.began < (other.ended ?? Number.POSITIVE_INFINITY) &&
  other.began < (one.ended ?? Number.POSITIVE_INFINITY);

/** Pods that ran at once and must not have. */
const met = (lives: readonly Life[]) =>
  lives.flatMap((one, place) =>
    lives
      .slice(place + 1)
      .filter((other) => overlap(one, other) && !mayMeet(one, other))
      .map((other) => `${roleOf(one)} ${one.name} and ${roleOf(other)} ${other.name}`),
  );

const title = skipped(missingWithoutCharts);

describe.skipIf(missingWithoutCharts.length > 0).each(["replicas", "volume"])(
  `a consumer of before with its %s, in a cluster${title}`,
  (kind) => {
    let lab: Lab;
    beforeAll(async () => {
      lab = await Lab.start("dev");
      lab.kubelets.endsAfter = () => ENDS_MS;
      await lab.apply(NEIGHBOURS);
      lab.aws.configure("dev", (text) => text.replace("shards: 1", "shards: 4"));
    });
    afterAll(async () => {
      await lab?.stop();
    });

    const lives = () =>
      lab.kubelets.lives.filter(({ labels }) => labels["app.kubernetes.io/name"] === "consumer");
    const running = () =>
      lives()
        .filter(({ ended }) => ended === undefined)
        .map(roleOf)
        .sort();
    /** With more keys in the environment's file than its own. */
    const configure = (yaml: string) =>
      lab.aws.configure(
        "dev",
        (text) => `${text.replace(/\n# Of this test\n[\s\S]*$/, "")}\n# Of this test\n${yaml}`,
      );

    async function deploy(digit = "a"): Promise<void> {
      const images = lab.images("13-consumer", digit);
      const { code, stdout, stderr } = await lab.cali(["deploy", "--replan", "13-consumer"], images);
      expect(code, stdout + stderr).toBe(0);
    }

    /** Does it, and sees that the workload was made while pods of the one before were still ending, and what ran at once. */
    async function expectInTurn(workload: string, change: () => Promise<void>): Promise<void> {
      const before = lives().filter(({ ended }) => ended === undefined);
      expect(before).not.toEqual([]);
      await change();
      expect(met(lives())).toEqual([]);
      const made = await lab.cluster.kubectl("get", workload, "--namespace=cali", "--output=json");
      const { metadata } = madeSchema.parse(JSON.parse(made));
      const ends = before.map(({ ended }) => ended ?? Number.NaN);
      expect(Date.parse(metadata.creationTimestamp)).toBeLessThan(Math.max(...ends));
    }

    async function expectNothingToChange(): Promise<void> {
      const { code, stdout, stderr } = await lab.cali(["plan", "--detailed-exitcode", "13-consumer"]);
      expect(code, stdout + stderr).toBe(0);
    }

    it.runIf(kind === "volume")("is one pod with the same volume, and never two", async () => {
      configure("consumerTable: false\n");
      await lab.applyEarlier("13-consumer", earlier(kind));
      const claims = await lab.all("persistentvolumeclaims", claimSchema);
      expect(claims).toEqual([
        expect.objectContaining({ metadata: expect.objectContaining({ name: "consumer" }) }),
      ]);
      await expectInTurn("statefulset/consumer", deploy);
      expect(running()).toEqual(["single"]);
      expect(await lab.all("persistentvolumeclaims", claimSchema)).toEqual(claims);
      const [pod, ...more] = await lab.all("pods", podSchema);
      expect(more).toEqual([]);
      expect(
        pod?.spec.volumes.flatMap(({ persistentVolumeClaim: of }) => (of ? [of.claimName] : [])),
      ).toEqual(["consumer"]);
      await expectNothingToChange();
    });

    describe.runIf(kind === "replicas")("of the table", () => {
      it("is one pod, and can go back", async () => {
        await lab.applyEarlier("13-consumer", earlier(kind));
        expect(running()).toHaveLength(2);
        await expectInTurn("statefulset/consumer", deploy);
        expect(running()).toEqual(["single"]);
        await expectNothingToChange();
        await Promise.all([
          expectInTurn("deployment/consumer", () => lab.applyEarlier("13-consumer", earlier(kind))),
          // Until Kubernetes 1.36 they would wait for five minutes more (docs/operations.md).
          vi
            .waitFor(() => expect(running()).toEqual([]), { timeout: 120_000, interval: 200 })
            .then(() =>
              lab.cluster.kubectl(
                ...["delete", "pods", "--namespace=cali", "--selector=app.kubernetes.io/name=consumer"],
                "--field-selector=status.phase=Pending",
              ),
            ),
        ]);
        expect(running()).toHaveLength(2);
      });

      it("is workers and a notifier, and one pod again", async () => {
        configure("services: { consumer: { engine: kcl, workers: { shardsPerPod: 2 } } }\n");
        await expectInTurn("deployment/consumer-workers", deploy);
        expect(running()).toEqual(["notifier", "workers", "workers"]);
        await expectNothingToChange();
        configure("");
        await expectInTurn("statefulset/consumer", deploy);
        expect(running()).toEqual(["single"]);
      });

      it("waits for a node that nobody reaches", async () => {
        const [pod] = await lab.all("pods", podSchema);
        const node = pod?.spec.nodeName ?? "";
        lab.kubelets.silent.add(node);
        // What Kubernetes does with the pods of a node that was silent for minutes.
        await lab.cluster.kubectl("delete", "pod", "consumer-0", "--namespace=cali", "--wait=false");
        configure("services: { consumer: { engine: kcl, workers: { shardsPerPod: 2 } } }\n");
        const deployment = expectInTurn("deployment/consumer-workers", deploy);
        await vi.waitFor(
          async () => {
            const waiting = (await lab.all("pods", podSchema)).filter(
              ({ spec }) => spec.nodeName === undefined,
            );
            expect(waiting.map(({ metadata }) => metadata.name)).toEqual([
              expect.stringMatching(/^consumer-workers-/),
              expect.stringMatching(/^consumer-workers-/),
            ]);
          },
          { timeout: 120_000, interval: 500 },
        );
        // Longer than a pod has to end: it isn't taken for ended.
        await sleep(2 * ENDS_MS);
        expect(running()).toEqual(["single"]);
        lab.kubelets.silent.clear();
        await deployment;
        expect(running()).toEqual(["notifier", "workers", "workers"]);
      });
    });
  },
);
