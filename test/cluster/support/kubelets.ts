import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const POLL_MS = 500;
/** As a kubelet does it; a node that is silent for 50 s is not ready, and its pods go. */
const BEAT_MS = 10_000;
/** A t3.medium, as EKS offers it to pods. */
const ALLOCATABLE = { cpu: "1930m", memory: "3246Mi", pods: "17", "ephemeral-storage": "18Gi" };
const CAPACITY = { ...ALLOCATABLE, cpu: "2", memory: "3900Mi" };
const ZONES = { "node-1": "ap-northeast-2a", "node-2": "ap-northeast-2c" };
const PATCH = "application/merge-patch+json";

const metadataSchema = z.object({
  name: z.string(),
  namespace: z.string().default(""),
  uid: z.string(),
  resourceVersion: z.string(),
  deletionTimestamp: z.string().optional(),
  annotations: z.record(z.string(), z.string()).default({}),
  labels: z.record(z.string(), z.string()).default({}),
  ownerReferences: z.array(z.object({ kind: z.string() })).default([]),
});
const containerSchema = z.object({ name: z.string(), image: z.string() });
const podSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    nodeName: z.string().optional(),
    initContainers: z.array(containerSchema.extend({ restartPolicy: z.string().optional() })).default([]),
    containers: z.array(containerSchema),
  }),
  status: z.object({ phase: z.string(), podIP: z.string().optional(), startTime: z.string().optional() }),
});
const claimSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    volumeName: z.string().optional(),
    storageClassName: z.string(),
    accessModes: z.array(z.string()),
    resources: z.object({ requests: z.object({ storage: z.string() }) }),
  }),
  status: z.object({ phase: z.string() }),
});
/** A pod that ran, in milliseconds since 1970; one without an end runs. */
export interface Life {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
  readonly began: number;
  /** When it was told to end. */
  told?: number;
  ended?: number;
}
type Pod = z.infer<typeof podSchema>;
type Container = z.infer<typeof containerSchema>;
type Claim = z.infer<typeof claimSchema>;

/**
 * Two nodes whose kubelets run nothing, and a provisioner of volumes that are nowhere: pods that are placed become ready, pods of Jobs succeed, pods that are
 * told to end take a while, and claims are bound when a pod is placed, as EBS' driver does it.
 */
export class Kubelets {
  readonly #url: string;
  readonly #stopped = new AbortController();
  readonly #work: Promise<void>;
  readonly #waiting = new Set<string>();
  #addresses = 0;
  /** Whether a pod becomes ready; one that doesn't waits for its image. */
  runs: (namespace: string, name: string) => boolean = () => true;
  /** How long a pod that is told to end takes, in milliseconds. */
  endsAfter: (namespace: string) => number = () => 0;
  /** Nodes that nobody reaches: what runs there goes on, and what is asked of it is not heard. */
  readonly silent = new Set<string>();
  readonly #lives = new Map<string, Life>();

  private constructor(url: string) {
    this.#url = url;
    this.#work = Promise.all([this.#run(), this.#beat()]).then(() => {});
  }

  /** @param url the API without a login. Nodes that are there go: what ran on them is not what is tested. */
  static async start(url: string): Promise<Kubelets> {
    const kubelets = new Kubelets(url);
    await kubelets.#call("DELETE", "/api/v1/nodes");
    await Promise.all(Object.entries(ZONES).map(([name, zone]) => kubelets.#makeNode(name, zone)));
    return kubelets;
  }

  /** All pods that ran, in the order of their beginnings. */
  get lives(): readonly Life[] {
    return [...this.#lives.values()];
  }

  /** @throws what went wrong in the background. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      for (const pod of await this.#list("/api/v1/pods", podSchema)) await this.#tend(pod);
      for (const claim of await this.#list("/api/v1/persistentvolumeclaims", claimSchema)) {
        await this.#bind(claim);
      }
      await sleep(POLL_MS);
    }
  }

  async #beat(): Promise<void> {
    for (;;) {
      await sleep(BEAT_MS, undefined, { signal: this.#stopped.signal }).catch(() => {});
      if (this.#stopped.signal.aborted) return;
      await Promise.all(
        Object.keys(ZONES)
          .filter((name) => !this.silent.has(name))
          .map((name) =>
            this.#call("PATCH", `/api/v1/nodes/${name}/status`, { status: { conditions: [isReady()] } }),
          ),
      );
    }
  }

  async #makeNode(name: string, zone: string): Promise<void> {
    const labels = {
      "kubernetes.io/hostname": name,
      "kubernetes.io/os": "linux",
      "kubernetes.io/arch": "amd64",
      "topology.kubernetes.io/zone": zone,
      "topology.kubernetes.io/region": "ap-northeast-2",
      "node.kubernetes.io/instance-type": "t3.medium",
    };
    await this.#call("POST", "/api/v1/nodes", { metadata: { name, labels } });
    await this.#call("PATCH", `/api/v1/nodes/${name}/status`, {
      status: {
        capacity: CAPACITY,
        allocatable: ALLOCATABLE,
        conditions: [isReady()],
        addresses: [{ type: "InternalIP", address: `192.0.2.${Number(name.at(-1)) + 10}` }],
      },
    });
    // A node has a taint until its kubelet reports.
    await this.#call("PATCH", `/api/v1/nodes/${name}`, { spec: { taints: null } });
  }

  async #tend(pod: Pod): Promise<void> {
    const { metadata, spec, status } = pod;
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    if (this.silent.has(spec.nodeName ?? "")) return;
    if (metadata.deletionTimestamp) {
      if (!this.#hasEnded(metadata)) return;
      await this.#call("DELETE", `${path}?gracePeriodSeconds=0`);
      return;
    }
    if (!spec.nodeName) return;
    const isJob = metadata.ownerReferences.some(({ kind }) => kind === "Job");
    const isDone = isJob && status.phase === "Running";
    if (status.phase !== "Pending" && !isDone) return;
    const runs = this.runs(metadata.namespace, metadata.name);
    if (!runs && this.#waiting.has(metadata.uid)) return;
    if (!runs) this.#waiting.add(metadata.uid);
    else if (!this.#lives.has(metadata.uid)) {
      const { name, labels } = metadata;
      this.#lives.set(metadata.uid, { name, labels, node: spec.nodeName, began: Date.now() });
    }
    const podIP = status.podIP ?? this.#address();
    const now = timeOf();
    const reached = runs && !isDone ? "True" : "False";
    const conditions = Object.entries({
      PodScheduled: "True",
      Initialized: runs ? "True" : "False",
      ContainersReady: reached,
      Ready: reached,
    }).map(([type, status]) => ({ type, status, lastTransitionTime: now }));
    const sidecars = spec.initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
    const state = (container: Container) => {
      if (!runs) return waiting;
      const ends = isDone || (spec.initContainers.includes(container) && !sidecars.includes(container));
      return ends
        ? { terminated: { exitCode: 0, reason: "Completed", startedAt: now, finishedAt: now } }
        : { running: { startedAt: now } };
    };
    const statusOf = (container: Container) => ({
      name: container.name,
      image: container.image,
      imageID: container.image,
      ready: runs && !isDone,
      started: runs && !isDone,
      restartCount: 0,
      state: state(container),
    });
    await this.#call("PATCH", `${path}/status`, {
      status: {
        phase: !runs ? "Pending" : isDone ? "Succeeded" : "Running",
        ...{ podIP, podIPs: [{ ip: podIP }], hostIP: "192.0.2.11", startTime: status.startTime ?? now },
        conditions,
        initContainerStatuses: spec.initContainers.map(statusOf),
        containerStatuses: spec.containers.map(statusOf),
      },
    });
  }

  /** Tells a pod that it is to end. @returns whether it did */
  #hasEnded({ uid, namespace }: Pod["metadata"]): boolean {
    const life = this.#lives.get(uid);
    if (!life) return true;
    life.told ??= Date.now();
    if (Date.now() - life.told < this.endsAfter(namespace)) return false;
    life.ended ??= Date.now();
    return true;
  }

  async #bind({ metadata, spec, status }: Claim): Promise<void> {
    const node = metadata.annotations["volume.kubernetes.io/selected-node"];
    if (status.phase !== "Pending" || !node || spec.volumeName) return;
    const [{ reclaimPolicy }, { metadata: of }] = await Promise.all([
      this.#get(`/apis/storage.k8s.io/v1/storageclasses/${spec.storageClassName}`, classSchema),
      this.#get(`/api/v1/nodes/${node}`, z.object({ metadata: metadataSchema })),
    ]);
    const zone = of.labels["topology.kubernetes.io/zone"] ?? "";
    const { name, namespace, uid, resourceVersion } = metadata;
    await this.#call("POST", "/api/v1/persistentvolumes", {
      metadata: {
        name: `pvc-${uid}`,
        annotations: { "pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com" },
      },
      spec: {
        capacity: { storage: spec.resources.requests.storage },
        accessModes: spec.accessModes,
        persistentVolumeReclaimPolicy: reclaimPolicy,
        storageClassName: spec.storageClassName,
        claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", name, namespace, uid, resourceVersion },
        csi: { driver: "ebs.csi.aws.com", volumeHandle: `vol-${uid}`, fsType: "ext4" },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              {
                matchExpressions: [{ key: "topology.kubernetes.io/zone", operator: "In", values: [zone] }],
              },
            ],
          },
        },
      },
    });
  }

  #address(): string {
    this.#addresses += 1;
    return `10.1.${Math.floor(this.#addresses / 250)}.${(this.#addresses % 250) + 1}`;
  }

  async #list<T>(path: string, schema: z.ZodType<T>): Promise<T[]> {
    return (await this.#get(path, z.object({ items: z.array(schema) }))).items;
  }

  async #get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return schema.parse(await this.#call("GET", path));
  }

  /** What is gone, there already or changed meanwhile is looked at again at the next turn. @throws Error */
  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { "content-type": method === "PATCH" ? PATCH : "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok && ![404, 409].includes(response.status)) {
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    }
    return await response.json();
  }
}

const classSchema = z.object({ reclaimPolicy: z.string() });

const waiting = { waiting: { reason: "ImagePullBackOff", message: "Back-off pulling image" } };

/** What a node's kubelet reports of it. */
const isReady = () => {
  const now = timeOf();
  return {
    ...{ type: "Ready", status: "True", reason: "KubeletReady" },
    ...{ lastHeartbeatTime: now, lastTransitionTime: now },
  };
};
/** As Kubernetes writes times: whole seconds. */
const timeOf = () => new Date().toISOString().replace(/\.\d+Z$/, "Z");
