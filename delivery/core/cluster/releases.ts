import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "@cali/base";
import { z } from "zod";
import { ClusterError, TerraformError } from "../errors.ts";
import type { Kubectl } from "./kubectl.ts";

/** A revision of a Helm release, as the labels of its Secret have it. */
interface ReleaseRevision {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  /** Such as `deployed`, `pending-upgrade`. */
  readonly status: string;
  /** When Helm last wrote it, s since the epoch. */
  readonly changedAt: number;
}

/** A release whose newest revision was begun and never ended. */
export interface PendingRelease extends ReleaseRevision {
  /** Whether there was a revision before it. */
  readonly isFirst: boolean;
}

/**
 * What Helm says when a revision before it never ended
 * (helm.sh/helm/v3/pkg/action/action.go, `errPending`; install.go: a first one that never ended still has the name).
 */
const BLOCKED =
  /another operation \(install\/upgrade\/rollback\) is in progress|cannot re-use a name that is still in use/;

/** Whether an apply failed since a revision before it never ended. */
export const isBlockedRelease = (error: unknown): boolean =>
  error instanceof TerraformError && BLOCKED.test(error.message);

const labelsSchema = z.object({
  name: z.string(),
  status: z.string(),
  version: z.coerce.number(),
  modifiedAt: z.coerce.number().optional(),
  createdAt: z.coerce.number().optional(),
});

/** The releases that wait for an end. The Secrets' contents, the charts' values, are not printed. @throws ClusterError */
export async function pendingReleases(cluster: Kubectl): Promise<PendingRelease[]> {
  const printed = await cluster.kubectl([
    ...["get", "secrets", "--all-namespaces", "--selector", "owner=helm", "--output"],
    'jsonpath={range .items[*]}{.metadata.namespace}{"\\t"}{.metadata.labels}{"\\n"}{end}',
  ]);
  const revisions = printed
    .split("\n")
    .filter((line) => line !== "")
    .map(revisionOf);
  const newest = Object.values(
    Object.groupBy(revisions, ({ namespace, name }) => `${namespace}/${name}`),
  ).map((all = []) => {
    const last = all.reduce((a, b) => (b.revision > a.revision ? b : a));
    return { ...last, isFirst: all.length === 1 };
  });
  return newest.filter(({ status }) => status.startsWith("pending-"));
}

function revisionOf(line: string): ReleaseRevision {
  const [namespace = "", labels = ""] = line.split("\t");
  const { success, data } = labelsSchema.safeParse(parseJson(labels));
  if (!success) {
    throw new ClusterError(
      `kubectl get secrets: given a Secret with the labels ${labels.slice(0, 200)}; allowed: those of a Helm release`,
    );
  }
  const { name, status, version: revision, modifiedAt, createdAt } = data;
  return { namespace, name, revision, status, changedAt: modifiedAt ?? createdAt ?? 0 };
}

/**
 * Recovers the releases of a stack that were begun before a time and never ended.
 *
 * @param folder the stack's, with its `cdk.tf.json`
 * @returns what was done, in words
 * @throws ClusterError
 */
export async function recoverReleases(cluster: Kubectl, folder: string, before: Date): Promise<string[]> {
  const { resource } = stackSchema.parse(JSON.parse(await readFile(join(folder, "cdk.tf.json"), "utf8")));
  const names = new Set(Object.values(resource.helm_release).map(({ name }) => name));
  const stale = (await pendingReleases(cluster)).filter(
    ({ name, changedAt }) => names.has(name) && changedAt * 1_000 < before.getTime(),
  );
  const done: string[] = [];
  for (const release of stale) done.push(await recoverRelease(cluster, release));
  return done;
}

const stackSchema = z.object({
  resource: z
    .object({ helm_release: z.record(z.string(), z.object({ name: z.string() })).default({}) })
    .default({ helm_release: {} }),
});

/**
 * Lets a pending release be deployed again. The first revision is uninstalled: there is none to go back to. Of a later one the record
 * goes, so that the next upgrade starts from the revision before it, and makes of the cluster's objects what it has to, whatever this one had
 * changed of them.
 *
 * @returns what was done, in words
 * @throws ClusterError
 */
async function recoverRelease(cluster: Kubectl, release: PendingRelease): Promise<string> {
  const { namespace, name, revision, status, isFirst } = release;
  const what = `${namespace}/${name}: revision ${revision} was ${status} and nothing worked on it`;
  if (isFirst) {
    await cluster.helm(["uninstall", name, "--namespace", namespace, "--wait", "--timeout", "9m"]);
    return `${what}: uninstalled`;
  }
  const record = `sh.helm.release.v1.${name}.v${revision}`;
  await cluster.kubectl(["delete", "secret", record, "--namespace", namespace, "--ignore-not-found"]);
  return `${what}: its record was deleted`;
}
