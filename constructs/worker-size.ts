import { memoryMiB } from "./quantity.ts";

/** What a pod of `consumer workers` is to have. */
export interface WorkerSizeProps {
  readonly cpu: string;
  /** Shards that it reads at most, each in a Node process of its own. */
  readonly shardsPerPod: number;
  /** Memory of a Node process, such as `192Mi`. */
  readonly processMemory: string;
}

/** Memory of the JVM beside its heap, in MiB: code, threads, network buffers. */
const JAVA_BESIDE_HEAP_MIB = 128;
/** Share of a Node process's memory that it takes in quiet times. */
const QUIET_SHARE = 0.5;

/**
 * The size of a pod in which the Kinesis Client Library's daemon runs beside Node processes: one that starts it, and one for each shard.
 *
 * @returns `javaHeapMiB`: what the JVM's heap may take. The daemon reads ahead up to 8 MiB of records a shard and hands them on as
 * JSON in base64, so a shard is 32 MiB, and 128 are its own. `nodeMemoryMiB`: what each Node process may take.
 */
export function workerSize({ cpu, shardsPerPod, processMemory }: WorkerSizeProps) {
  const nodeMemoryMiB = memoryMiB(processMemory);
  const javaHeapMiB = 128 + 32 * shardsPerPod;
  const java = javaHeapMiB + JAVA_BESIDE_HEAP_MIB;
  const processes = nodeMemoryMiB * (shardsPerPod + 1);
  return {
    javaHeapMiB,
    nodeMemoryMiB,
    resources: {
      cpu,
      memory: `${java + Math.ceil(processes * QUIET_SHARE)}Mi`,
      memoryLimit: `${java + processes}Mi`,
    },
  };
}
