import { isDeepStrictEqual } from "node:util";
import { type PodFootprint, podFootprint, type Resources } from "../../constructs/footprint.ts";
import {
  allContainers,
  at,
  imageProblems,
  type Manifest,
  manifestProblems,
  type PodSpec,
  type Problem,
  podSpecOf,
  resourceProblems,
  titleOf,
} from "../support/manifests.ts";
import { restrictedProblems } from "../support/pod-security.ts";

/** Registries that a node can pull from without a password, and ECR, with its node's role. */
const REGISTRIES = [
  /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\//,
  /^registry\.k8s\.io\//,
  /^quay\.io\/prometheus\//,
  /^(cr|docker\.io)\/(fluent|grafana|milvusdb|library)\//,
  // Docker Hub, by its short names.
  /^(fluent|grafana|milvusdb)\//,
  /^cr\.fluentbit\.io\/fluent\//,
];
/** Where images once were. */
const GONE = /^(docker\.io\/)?bitnami(legacy)?\//;

/** What the values switch off: nothing of it may come back with an upgrade. */
const UNWANTED =
  /pulsar|kafka|zookeeper|bookkeeper|\bminio\b|\betcd\b|redis|celery|statsd|triggerer|postgresql/i;

/** What of a pod breaks the `restricted` standard, and why it must. A pattern that fits nothing is a problem, too. */
const EXPLAINED: readonly { pod: string; problem: RegExp; reason: string }[] = [
  {
    pod: "logging/fluent-bit",
    problem: /^volume \w+: hostPath$|runAsUser 0|runAsNonRoot/,
    reason: "reads the nodes' log files, which belong to root",
  },
];

/** What is wrong in the manifests of a release. */
export async function releaseProblems(
  manifests: readonly Manifest[],
  footprints: readonly PodFootprint[],
): Promise<Problem[]> {
  const problems = await Promise.all(
    manifests.map((manifest) => manifestProblems(withoutNamespace(manifest))),
  );
  return [
    ...problems.flat(),
    ...manifests.flatMap(unwantedProblems),
    ...manifests.flatMap((manifest) => {
      const pod = podSpecOf(manifest);
      return pod ? podProblems(manifest, pod).map((problem) => `${titleOf(manifest)}: ${problem}`) : [];
    }),
    ...footprintProblems(manifests, footprints),
  ];
}

/** Kinds without a namespace were given the release's when they were read. */
function withoutNamespace(manifest: Manifest): Manifest {
  const { namespace: _, ...metadata } = manifest.metadata;
  return /^(Cluster|APIService|CustomResource|PriorityClass|StorageClass)/.test(manifest.kind)
    ? { ...manifest, metadata }
    : manifest;
}

function unwantedProblems(manifest: Manifest): Problem[] {
  const images = allImages(manifest);
  return [manifest.metadata.name ?? "", ...images]
    .filter((text) => UNWANTED.test(text) || GONE.test(text))
    .map((text) => `${titleOf(manifest)}: ${text} is not allowed`);
}

function allImages(manifest: Manifest): string[] {
  const pod = podSpecOf(manifest);
  return pod ? allContainers(pod).map(({ image }) => image) : [];
}

function podProblems(manifest: Manifest, pod: PodSpec): Problem[] {
  const name = workloadOf(manifest);
  const explained = (problem: Problem) =>
    EXPLAINED.some((exception) => exception.pod === name && exception.problem.test(problem));
  return [
    ...imageProblems(pod),
    ...allContainers(pod)
      .filter(({ image }) => !REGISTRIES.some((registry) => registry.test(image)))
      .map(({ image }) => `${image} is of no registry that is known`),
    ...resourceProblems(pod),
    ...restrictedProblems(pod).filter((problem) => !explained(problem)),
  ];
}

/** `airflow/airflow-scheduler`. */
const workloadOf = ({ metadata }: Manifest): string => `${metadata.namespace}/${metadata.name}`;

/** Pods of the manifests that the stack doesn't count, counts otherwise, or counts without there being any. */
function footprintProblems(manifests: readonly Manifest[], footprints: readonly PodFootprint[]): Problem[] {
  const rendered = manifests.flatMap((manifest) => {
    const pod = podSpecOf(manifest);
    return pod ? [footprintOf(manifest, pod)] : [];
  });
  const counted = new Map(footprints.map((footprint) => [footprint.name, footprint]));
  return rendered.flatMap((footprint) => {
    const ours = counted.get(footprint.name);
    if (!ours) return [`${footprint.name}: a pod that the stack's footprints don't have`];
    return isDeepStrictEqual(ours, footprint)
      ? []
      : [
          `${footprint.name}: the stack says ${JSON.stringify(ours)}, rendered is ${JSON.stringify(footprint)}`,
        ];
  });
}

function footprintOf(manifest: Manifest, pod: PodSpec): PodFootprint {
  const resources = (containers: PodSpec["containers"]) =>
    containers.map((container) => (container.resources ?? {}) as Resources);
  const isSidecar = (container: PodSpec["containers"][number]) => container.restartPolicy === "Always";
  const init = pod.initContainers ?? [];
  return podFootprint({
    name: workloadOf(manifest),
    replicas: replicasOf(manifest),
    containers: resources([...pod.containers, ...init.filter(isSidecar)]),
    initContainers: resources(init.filter((container) => !isSidecar(container))),
  });
}

function replicasOf(manifest: Manifest) {
  if (manifest.kind === "DaemonSet") return "node";
  if (["Job", "CronJob"].includes(manifest.kind)) return { min: 0, max: 1 };
  return Number(at(manifest.spec, "replicas") ?? 1);
}
