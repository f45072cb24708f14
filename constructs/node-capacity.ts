/** What pods can have of a node. */
export interface NodeCapacity {
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  readonly pods: number;
}

interface InstanceType {
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Most pods, by the network interfaces and addresses of the type. */
  readonly pods: number;
}

/**
 * Instance types that a node group is likely to be of, as of 2026-11. vCPUs and memory:
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html; pods:
 * https://github.com/awslabs/amazon-eks-ami/blob/main/templates/shared/runtime/eni-max-pods.txt
 */
const SIZES = {
  t: {
    small: { vcpus: 2, memoryMiB: 2048, pods: 11 },
    medium: { vcpus: 2, memoryMiB: 4096, pods: 17 },
    large: { vcpus: 2, memoryMiB: 8192, pods: 35 },
    xlarge: { vcpus: 4, memoryMiB: 16384, pods: 58 },
    "2xlarge": { vcpus: 8, memoryMiB: 32768, pods: 58 },
  },
  m: {
    large: { vcpus: 2, memoryMiB: 8192, pods: 29 },
    xlarge: { vcpus: 4, memoryMiB: 16384, pods: 58 },
    "2xlarge": { vcpus: 8, memoryMiB: 32768, pods: 58 },
  },
  r: {
    large: { vcpus: 2, memoryMiB: 16384, pods: 29 },
    xlarge: { vcpus: 4, memoryMiB: 32768, pods: 58 },
    "2xlarge": { vcpus: 8, memoryMiB: 65536, pods: 58 },
  },
} as const satisfies Record<string, Record<string, InstanceType>>;

const FAMILIES: Readonly<Record<string, Readonly<Record<string, InstanceType>>>> = {
  t3: SIZES.t,
  t3a: { ...SIZES.t, small: { ...SIZES.t.small, pods: 8 } },
  t4g: SIZES.t,
  m5: SIZES.m,
  m5a: SIZES.m,
  m6a: SIZES.m,
  m6g: SIZES.m,
  m6i: SIZES.m,
  m7a: SIZES.m,
  m7g: SIZES.m,
  m7i: SIZES.m,
  r6g: SIZES.r,
  r6i: SIZES.r,
  r7g: SIZES.r,
  r7i: SIZES.r,
};

/** The types that are known, such as `t3.medium`. */
export const INSTANCE_TYPES: readonly string[] = Object.entries(FAMILIES).flatMap(([family, sizes]) =>
  Object.keys(sizes).map((size) => `${family}.${size}`),
);

/**
 * Memory that the hypervisor and the kernel keep, as a share of the type's: what Karpenter assumes for types it has not seen yet
 * (`VM_MEMORY_OVERHEAD_PERCENT`, https://karpenter.sh/docs/reference/settings/). A t3.medium keeps 6.0%.
 */
const OVERHEAD = 0.075;
/** https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/config.go: kubeReserved memory and CPU. */
const RESERVED_MIB = 255;
const RESERVED_MIB_A_POD = 11;
/** The kubelet evicts pods when less is left (`evictionHard: memory.available`). */
const EVICTION_MIB = 100;

/** What pods can have of a node of this type; nothing when the type is not in the table. */
export function allocatable(instanceType: string): NodeCapacity | undefined {
  const [family = "", size = ""] = instanceType.split(".");
  const type = FAMILIES[family]?.[size];
  if (!type) return undefined;
  const { vcpus, memoryMiB, pods } = type;
  const reserved = RESERVED_MIB + RESERVED_MIB_A_POD * pods + EVICTION_MIB;
  return {
    cpuMillis: vcpus * 1000 - reservedCpu(vcpus),
    memoryMiB: Math.floor(memoryMiB * (1 - OVERHEAD)) - reserved,
    pods,
  };
}

/** 6% of the first core, 1% of the second, 0.5% of the next two, 0.25% of the rest; in thousandths of a core. */
function reservedCpu(vcpus: number): number {
  const shares = Array.from({ length: vcpus }, (_, core) => [60, 10, 5, 5][core] ?? 2.5);
  return Math.ceil(shares.reduce((sum, share) => sum + share, 0));
}
