import { workersOf } from "../../../config/schema-services.ts";
import { textAt } from "./inventory.ts";
import { KIB, type Pricer } from "./line.ts";

/** Seconds after which a lease that nobody renews is free: the consumer's `state.leaseDurationMs`. It is renewed three times as often. */
const LEASE_SECONDS = 20;
const RENEWALS_A_MINUTE = 60 / (LEASE_SECONDS / 3);
/** Of a shard: the consumer makes one every 10 s while records come. */
const CHECKPOINTS_A_MINUTE = 6;
/** Of a pod, KCL's default: every 30 s. */
const METRIC_REPORTS_A_MINUTE = 2;
/** Of a pod: it looks for free leases once in two lease durations. */
const SCANS_A_MINUTE = 60 / (2 * LEASE_SECONDS);
/** Of one pod, KCL's default: whether all shards have a lease, every two minutes. */
const AUDITS_A_MINUTE = 0.5;
/** Of a pod: which version the others have, in the coordinator's table. */
const VERSION_LOOKS_A_MINUTE = 1;
/** An item by its attributes; a read unit is 4 KB. */
const LEASE_BYTES = KIB / 2;
const READ_UNIT_BYTES = 4 * KIB;
/** An on-demand stream begins with so many. */
const ON_DEMAND_SHARDS = 4;

/**
 * The workers of engine `kcl` run on nodes that are paid for already; what the Kinesis Client Library does to its three tables is not. It
 * makes them itself, on demand, so no stack has them. A lease is below 1 KB: a write is a unit.
 */
export const workers: Pricer = (values, { config }) => {
  if (textAt(values, "metadata", "name") !== "consumer-workers") return [];
  const shards = config.stream.shards ?? ON_DEMAND_SHARDS;
  const pods = workersOf(config).replicas.min;
  const minutes = config.cost.hoursPerMonth * 60;
  const writes = shards * (RENEWALS_A_MINUTE + CHECKPOINTS_A_MINUTE) + pods * METRIC_REPORTS_A_MINUTE;
  const scan = Math.ceil((shards * LEASE_BYTES) / READ_UNIT_BYTES);
  const reads = scan * (pods * SCANS_A_MINUTE + AUDITS_A_MINUTE) + pods * VERSION_LOOKS_A_MINUTE;
  return [
    {
      what: `writes to KCL's tables of ${shards} shards`,
      price: "dynamodb.write",
      quantity: (writes * minutes) / 1e6,
    },
    { what: "reads of KCL's tables", price: "dynamodb.read", quantity: (reads * minutes) / 1e6 },
  ];
};
