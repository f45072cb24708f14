import { parseJson } from "@cali/base";
import { z } from "zod";
import { type ClusterName, Kubectl } from "../../core/cluster/kubectl.ts";
import { type PendingRelease, pendingReleases } from "../../core/cluster/releases.ts";
import { ClusterError } from "../../core/errors.ts";
import type { Finding } from "./finding.ts";

const PODS = "pods in the cluster";
const RELEASES = "Helm releases";
/** Age from which a pending release is not one that is being worked on: the longest timeout of a chart is 20 minutes. */
const PENDING_MINUTES = 30;

/** Looks at the pods and the releases. A cluster that can't be asked is a warning: it needs not be there yet. */
export async function checkCluster(name: ClusterName, now: Date): Promise<Finding[]> {
  try {
    return await Kubectl.in(name, async (cluster) => {
      const pods = await cluster.kubectl(["get", "pods", "--all-namespaces", "--output", "json"]);
      return [...podFindings(pods, now), ...releaseFindings(await pendingReleases(cluster), now)];
    });
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const [found = "", remedy] = error.message.split("\nRemedy: ");
    return [{ check: PODS, status: "warning", found, ...(remedy && { remedy }) }];
  }
}

const endedSchema = z.object({
  exitCode: z.number(),
  reason: z.string().optional(),
  message: z.string().optional(),
  finishedAt: z.string().nullish(),
});
const containerSchema = z.object({
  name: z.string(),
  image: z.string(),
  ready: z.boolean(),
  restartCount: z.number(),
  state: z
    .object({
      waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
      running: z.object({}).optional(),
      terminated: endedSchema.optional(),
    })
    .default({}),
  lastState: z.object({ terminated: endedSchema.optional() }).default({}),
});
const podsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        deletionTimestamp: z.string().optional(),
      }),
      status: z.object({
        phase: z.string().optional(),
        reason: z.string().optional(),
        message: z.string().optional(),
        conditions: z
          .array(
            z.object({
              type: z.string(),
              status: z.string(),
              reason: z.string().optional(),
              message: z.string().optional(),
            }),
          )
          .default([]),
        initContainerStatuses: z.array(containerSchema).default([]),
        containerStatuses: z.array(containerSchema).default([]),
      }),
    }),
  ),
});
type Pod = z.infer<typeof podsSchema>["items"][number];
type Container = z.infer<typeof containerSchema>;

/** What to do, by the reason that Kubernetes gives (https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/). */
const REMEDIES: Readonly<Record<string, string>> = {
  CrashLoopBackOff: "its log before the last restart says why it ended",
  ImagePullBackOff: "push the image, or give the nodes the right to pull it",
  ErrImagePull: "push the image, or give the nodes the right to pull it",
  CreateContainerConfigError: "make the Secret or ConfigMap that it names",
  OOMKilled: "raise its memory limit, or find what takes the memory",
  Unschedulable: "give the node group more nodes, or the pod less; operations.md: pods find no place",
};

/** A finding for each pod that is not ready, with why; one for all when every pod is. @throws ClusterError */
export function podFindings(json: string, now: Date): Finding[] {
  const { success, data } = podsSchema.safeParse(parseJson(json));
  if (!success)
    throw new ClusterError("kubectl get pods: given no list of pods; allowed: what kubectl prints as JSON");
  const findings = data.items.filter((pod) => !isWell(pod)).map((pod) => podFinding(pod, now));
  const ready = data.items.length - findings.length;
  return [
    {
      check: PODS,
      status: "ok",
      found: `${ready} of ${data.items.length} are ready, or have ended as they should`,
    },
    ...findings,
  ];
}

function isWell({ metadata, status }: Pod): boolean {
  if (status.phase === "Succeeded" || metadata.deletionTimestamp !== undefined) return true;
  return status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

function podFinding({ metadata, status }: Pod, now: Date): Finding {
  const containers = [...status.initContainerStatuses, ...status.containerStatuses];
  const bad = containers.filter(({ ready, state }) => !ready && state.terminated?.exitCode !== 0);
  const unplaced = status.conditions.find(
    ({ type, status }) => type === "PodScheduled" && status === "False",
  );
  const why = [
    ...(unplaced ? [`${unplaced.reason ?? "not placed"}: ${unplaced.message ?? ""}`] : []),
    ...(status.reason || status.message ? [`${status.reason ?? ""}: ${status.message ?? ""}`] : []),
    ...bad.map((container) => containerWords(container, now)),
  ];
  const reasons = [unplaced?.reason, ...bad.flatMap(reasonsOf)];
  const remedy = reasons.flatMap((reason) => REMEDIES[reason ?? ""] ?? [])[0];
  return {
    check: `pod ${metadata.namespace}/${metadata.name}`,
    status: "warning",
    found: `${status.phase ?? "of unknown phase"}, not ready: ${why.join("; ") || "Kubernetes says no reason"}`,
    remedy: remedy ?? "its events and log say more",
  };
}

const reasonsOf = ({ state, lastState }: Container) => [
  lastState.terminated?.reason === "OOMKilled" ? "OOMKilled" : undefined,
  state.waiting?.reason,
  state.terminated?.reason,
];

function containerWords({ name, image, restartCount, state, lastState }: Container, now: Date): string {
  const { waiting, terminated } = state;
  const is = waiting
    ? `waits (${waiting.reason ?? "no reason"}${waiting.message ? `: ${waiting.message}` : ""})`
    : terminated
      ? endWords(terminated, now)
      : "runs, but its readiness probe fails";
  const before = lastState.terminated ? `, before: ${endWords(lastState.terminated, now)}` : "";
  return `container ${name} ${is}${before}, ${restartCount} restart${restartCount === 1 ? "" : "s"}, image ${image}`;
}

function endWords({ exitCode, reason, message, finishedAt }: z.infer<typeof endedSchema>, now: Date): string {
  const ms = finishedAt ? now.getTime() - Date.parse(finishedAt) : Number.NaN;
  const ago = Number.isNaN(ms) ? "" : ` ${Math.max(0, Math.round(ms / 60_000))} min ago`;
  const said = message ? `: ${message.slice(-200).trim()}` : "";
  return `ended with ${exitCode}${reason ? ` (${reason})` : ""}${ago}${said}`;
}

/** A finding for each release that waits for an end; one for all when none does. */
function releaseFindings(pending: readonly PendingRelease[], now: Date): Finding[] {
  if (pending.length === 0) return [{ check: RELEASES, status: "ok", found: "none is pending" }];
  return pending.map(({ namespace, name, revision, status, changedAt }) => {
    const minutes = Math.round((now.getTime() / 1_000 - changedAt) / 60);
    const isOld = minutes >= PENDING_MINUTES;
    return {
      check: `Helm release ${namespace}/${name}`,
      status: isOld ? "failure" : "warning",
      found: `revision ${revision} is ${status} for ${minutes} min: ${isOld ? "what worked on it was ended" : "a deployment works on it, or was ended"}`,
      allowed: "deployed",
      remedy: "when no run is under way, deploy its stack again: that recovers it",
    };
  });
}
