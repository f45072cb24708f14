import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkCluster, podFindings } from "../../delivery/commands/doctor/cluster.ts";
import { Kubectl } from "../../delivery/core/cluster/kubectl.ts";
import { isBlockedRelease, recoverReleases } from "../../delivery/core/cluster/releases.ts";
import { TerraformError } from "../../delivery/core/errors.ts";
import { FakeCluster, type FakeRevision } from "../support/fake-cluster.ts";

const CLUSTER = { cluster: "cali-dev-cluster", region: "ap-northeast-2" };
const NOW = new Date("2026-01-25T12:00:00Z");
const HOUR_AGO = NOW.getTime() / 1_000 - 3_600;

let root: string;
let cluster: FakeCluster;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cali-cluster-test-"));
  cluster = new FakeCluster(root);
  vi.stubEnv("PATH", `${join(root, "bin")}:${process.env.PATH}`);
  const helm_release = { milvus: { name: "milvus", namespace: "milvus" }, other: { name: "fluent-bit" } };
  writeFileSync(join(root, "cdk.tf.json"), JSON.stringify({ resource: { helm_release } }));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const revision = (version: number, status: string, more: Partial<FakeRevision> = {}): FakeRevision => ({
  namespace: "milvus",
  name: "milvus",
  version,
  status,
  modifiedAt: HOUR_AGO,
  ...more,
});
const recovered = () => Kubectl.in(CLUSTER, (inside) => recoverReleases(inside, root, NOW));
const changes = () => cluster.calls.filter((call) => !/^aws|^kubectl get/.test(call));

describe("a release that never ended", () => {
  it("is uninstalled when it is the first: there is none to go back to", async () => {
    cluster.releases([revision(1, "pending-install")]);
    expect(await recovered()).toEqual([
      "milvus/milvus: revision 1 was pending-install and nothing worked on it: uninstalled",
    ]);
    expect(changes()).toEqual(["helm uninstall milvus --namespace milvus --wait --timeout 9m"]);
  });

  it.each(["pending-upgrade", "pending-rollback"])(
    "loses its record when it is a later one: %s",
    async (status) => {
      cluster.releases([revision(9, "deployed"), revision(10, status), revision(8, "superseded")]);
      expect(await recovered()).toEqual([
        `milvus/milvus: revision 10 was ${status} and nothing worked on it: its record was deleted`,
      ]);
      expect(changes()).toEqual([
        "kubectl delete secret sh.helm.release.v1.milvus.v10 --namespace milvus --ignore-not-found",
      ]);
    },
  );

  it("is left alone when it began after the stack's apply, belongs to another stack, or is none", async () => {
    cluster.releases([
      revision(2, "pending-upgrade", { modifiedAt: NOW.getTime() / 1_000 + 1 }),
      revision(1, "deployed"),
      revision(1, "pending-install", { name: "airflow", namespace: "airflow" }),
      revision(3, "deployed", { name: "fluent-bit", namespace: "logging" }),
      revision(2, "pending-upgrade", { name: "fluent-bit", namespace: "logging" }),
    ]);
    expect(await recovered()).toEqual([]);
    expect(changes()).toEqual([]);
  });

  it("is what an apply was refused for in these words, and in no others", () => {
    const said = (text: string) =>
      isBlockedRelease(new TerraformError(`terraform apply ended with 1:\n${text}`));
    expect(said("Error: another operation (install/upgrade/rollback) is in progress")).toBe(true);
    expect(said("Error: cannot re-use a name that is still in use")).toBe(true);
    expect(said("Error: context deadline exceeded")).toBe(false);
    expect(isBlockedRelease(new Error("another operation (install/upgrade/rollback) is in progress"))).toBe(
      false,
    );
  });
});

describe("doctor looks at the cluster", () => {
  const container = (more: object) => ({
    name: "app",
    image: "repo/app@sha256:1",
    ready: false,
    restartCount: 0,
    ...more,
  });
  const pod = (name: string, status: object, metadata: object = {}) => ({
    metadata: { name, namespace: "cali", ...metadata },
    status,
  });
  const ready = (status: "True" | "False") => [{ type: "Ready", status }];

  it.each([
    [
      "crashes",
      {
        phase: "Running",
        containerStatuses: [
          container({
            restartCount: 7,
            state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } },
            lastState: {
              terminated: {
                exitCode: 1,
                reason: "Error",
                message: "no stream",
                finishedAt: "2026-01-25T11:57:00Z",
              },
            },
          }),
        ],
      },
      "Running, not ready: container app waits (CrashLoopBackOff: back-off 5m0s), before: ended with 1 (Error) 3 min ago: no stream, 7 restarts, image repo/app@sha256:1",
      "its log before the last restart says why it ended",
    ],
    [
      "has no image",
      {
        phase: "Pending",
        containerStatuses: [container({ state: { waiting: { reason: "ImagePullBackOff" } } })],
      },
      "Pending, not ready: container app waits (ImagePullBackOff), 0 restarts, image repo/app@sha256:1",
      "push the image, or give the nodes the right to pull it",
    ],
    [
      "finds no place",
      {
        phase: "Pending",
        conditions: [
          {
            type: "PodScheduled",
            status: "False",
            reason: "Unschedulable",
            message: "0/2 nodes are available",
          },
        ],
      },
      "Pending, not ready: Unschedulable: 0/2 nodes are available",
      "give the node group more nodes, or the pod less; operations.md: pods find no place",
    ],
    [
      "fails its probe, after too much memory",
      {
        phase: "Running",
        conditions: ready("False"),
        containerStatuses: [
          container({
            restartCount: 1,
            state: { running: { startedAt: "2026-01-25T11:57:00Z" } },
            lastState: { terminated: { exitCode: 137, reason: "OOMKilled", finishedAt: null } },
          }),
        ],
      },
      "Running, not ready: container app runs, but its readiness probe fails, before: ended with 137 (OOMKilled), 1 restart, image repo/app@sha256:1",
      "raise its memory limit, or find what takes the memory",
    ],
    [
      "was evicted",
      { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory" },
      "Failed, not ready: Evicted: The node was low on resource: memory",
      "its events and log say more",
    ],
  ])("a pod that %s is told with why", (_, status, found, remedy) => {
    const [all, one, ...more] = podFindings(JSON.stringify({ items: [pod("consumer-1", status)] }), NOW);
    expect(all).toMatchObject({ status: "ok", found: "0 of 1 are ready, or have ended as they should" });
    expect(one).toEqual({ check: "pod cali/consumer-1", status: "warning", found, remedy });
    expect(more).toEqual([]);
  });

  it("pods that are ready, have done their work or are going are in one line", async () => {
    cluster.pods([
      pod("consumer-1", { phase: "Running", conditions: ready("True") }),
      pod("backup-1", { phase: "Succeeded" }),
      pod(
        "old-1",
        { phase: "Running", conditions: ready("False") },
        { deletionTimestamp: "2026-01-25T11:59:00Z" },
      ),
    ]);
    expect(await checkCluster(CLUSTER, NOW)).toEqual([
      { check: "pods in the cluster", status: "ok", found: "3 of 3 are ready, or have ended as they should" },
      { check: "Helm releases", status: "ok", found: "none is pending" },
    ]);
    expect(cluster.calls[0]).toMatch(
      /^aws eks update-kubeconfig --name cali-dev-cluster --region ap-northeast-2 --kubeconfig \S+$/,
    );
  });

  it("a release that is pending for long has failed, a young one may be worked on", async () => {
    cluster.releases([
      revision(2, "pending-upgrade"),
      revision(1, "pending-install", { name: "airflow", modifiedAt: NOW.getTime() / 1_000 - 60 }),
    ]);
    expect((await checkCluster(CLUSTER, NOW)).slice(1)).toMatchObject([
      {
        check: "Helm release milvus/milvus",
        status: "failure",
        found: "revision 2 is pending-upgrade for 60 min: what worked on it was ended",
        remedy: "when no run is under way, deploy its stack again: that recovers it",
      },
      { check: "Helm release milvus/airflow", status: "warning" },
    ]);
  });

  it.each(["aws", "kubectl"] as const)("a cluster that can't be asked is a warning: %s", async (command) => {
    cluster.fails(command, "error: You must be logged in to the server");
    expect(await checkCluster(CLUSTER, NOW)).toEqual([
      {
        check: "pods in the cluster",
        status: "warning",
        found: expect.stringMatching(`^${command} .*: error: You must be logged in to the server$`),
        remedy: "look whether the cluster is there and lets this AWS identity in.",
      },
    ]);
  });

  it("a strange answer is no pod", () => {
    expect(() => podFindings("no JSON", NOW)).toThrow("given no list of pods");
  });
});
