import { addTotals, noTotals, type ShardTotals } from "../src/core/totals.ts";
import type { Alert } from "../src/core/types.ts";
import type { Checkpoint } from "../src/state/types.ts";
import type { VirtualBucket } from "./bucket.ts";
import type { VirtualChannel, VirtualIndex } from "./sinks.ts";
import type { SentPayload, Shard, VirtualStream } from "./stream.ts";

/** What the consumer has left in the world, that the checks look at. */
export interface Effects {
  readonly stream: VirtualStream;
  readonly bucket: VirtualBucket;
  readonly channel: VirtualChannel;
  readonly index: VirtualIndex;
}

/** Most violations that are kept of a schedule: one mostly brings others. */
const MOST = 5;

/** What has to hold, whatever happens: it looks at each commit and each alert as it takes effect, and at all of them in the end. */
export class Checks {
  readonly violations: string[] = [];
  readonly #effects: Effects;
  readonly #checkpoints = new Map<string, Checkpoint>();
  readonly #alerts = new Map<string, Alert>();
  /** Lines that alerts have counted, by service. */
  readonly #alerted = new Map<string, number>();

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  violate(text: string): void {
    if (this.violations.length < MOST) this.violations.push(text);
  }

  /**
   * A checkpoint has become durable.
   * @param counted lines that the state has counted of the shard in its groups; undefined: not known
   */
  onCheckpoint(checkpoint: Checkpoint, counted: number | undefined): void {
    const { shardId, sequenceNumber, ended, totals } = checkpoint;
    const before = this.#checkpoints.get(shardId);
    this.#checkpoints.set(shardId, checkpoint);
    const shard = this.#effects.stream.shardOf(shardId);
    const done = placeOf(shard, sequenceNumber);
    const where = `${shardId} at ${sequenceNumber ?? "its start"}`;
    if (done < placeOf(shard, before?.sequenceNumber) || (before?.ended && !ended))
      this.violate(`order: ${where}: the checkpoint was at ${before?.sequenceNumber} before`);
    for (const parent of shard.parents) {
      if (!this.#checkpoints.get(parent)?.ended)
        this.violate(`order: ${where}: its parent ${parent} is not done`);
    }
    if (ended && (!shard.isClosed || done < shard.records.length))
      this.violate(
        `lost: ${where}: it is said to have ended with ${shard.records.length - done} records left`,
      );
    const payloads = shard.records.slice(0, done).flatMap((record) => record.payloads);
    const expected = totalsOf(payloads, done);
    if (asText(totals) !== asText(expected))
      this.violate(`totals: ${where}: ${asText(totals)} instead of ${asText(expected)}`);
    const grouped = payloads.filter(isGrouped).length;
    if (counted !== undefined && counted !== grouped)
      this.violate(`groups: ${where}: they have ${counted} lines instead of ${grouped}`);
    for (const [place, text] of deadOf(shard, done)) {
      if (this.#effects.bucket.deadLetters.get(place) !== text)
        this.violate(`lost: ${where}: no dead letter ${place} before the checkpoint`);
    }
  }

  /** An alert has become durable. */
  onAlert(alert: Alert): void {
    if (this.#alerts.has(alert.id)) this.violate(`doubled: alert ${alert.id} is made twice`);
    this.#alerts.set(alert.id, alert);
    const alerted = (this.#alerted.get(alert.service) ?? 0) + alert.count;
    this.#alerted.set(alert.service, alerted);
    const lines = this.#lines().get(alert.service) ?? 0;
    if (alerted > lines)
      this.violate(`doubled: alerts count ${alerted} lines of ${lines} in ${alert.service}`);
  }

  /** Why not everything that was sent has had its effect yet; undefined: it has. */
  missing(): string | undefined {
    const { stream, bucket, channel, index } = this.#effects;
    for (const { id, records, isClosed } of stream.shards) {
      const known = this.#checkpoints.get(id);
      const left = records.at(-1)?.sequenceNumber !== known?.sequenceNumber;
      if (left || (isClosed && !known?.ended))
        return `${id} is at ${known?.sequenceNumber ?? "its start"} of ${records.at(-1)?.sequenceNumber}`;
    }
    for (const [service, lines] of this.#lines()) {
      const alerted = this.#alerted.get(service) ?? 0;
      if (alerted < lines) return `alerts count ${alerted} lines of ${lines} in ${service}`;
    }
    for (const id of this.#alerts.keys()) {
      if (!channel.arrivals.has(id) && !bucket.refusedAlerts.has(id))
        return `alert ${id} did not reach Slack`;
      if (!index.has(id)) return `alert ${id} is not indexed`;
    }
    for (const id of channel.awaited) {
      if (![channel.lateCauses, channel.changed, channel.refusedCauses].some((told) => told.has(id)))
        return `the cause of alert ${id} was not told`;
    }
    return undefined;
  }

  /** Looks at what there is in the end. @param totals as the state says them */
  end(totals: ShardTotals): void {
    const { stream, bucket, channel, index } = this.#effects;
    const missing = this.missing();
    if (missing !== undefined) this.violate(`lost or late: ${missing}`);
    const records = stream.shards.reduce((sum, shard) => sum + shard.records.length, 0);
    const payloads = stream.shards.flatMap((shard) => shard.records.flatMap((record) => record.payloads));
    const expected = totalsOf(payloads, records);
    if (asText(totals) !== asText(expected))
      this.violate(`totals: ${asText(totals)} instead of ${asText(expected)}`);
    const dead = new Map(stream.shards.flatMap((shard) => deadOf(shard, shard.records.length)));
    for (const place of bucket.deadLetters.keys())
      if (!dead.has(place)) this.violate(`doubled: dead letter ${place} of a payload that is none`);
    for (const [service] of this.#lines())
      if (!bucket.newErrors.has(service)) this.violate(`lost: no new error of ${service}`);
    for (const [id, unmarked] of channel.arrivals)
      if (unmarked > 1) this.violate(`doubled: alert ${id} came ${unmarked} times without a mark`);
    for (const [id, unmarked] of channel.lateCauses) {
      if (!channel.awaited.has(id)) this.violate(`doubled: alert ${id} had its cause, and is told it late`);
      const times = unmarked + (channel.changed.has(id) ? 1 : 0);
      if (times > 1) this.violate(`doubled: alert ${id} is told its cause ${times} times without a mark`);
    }
    for (const id of [...channel.arrivals.keys(), ...index])
      if (!this.#alerts.has(id)) this.violate(`doubled: alert ${id} was sent, and never made durable`);
  }

  /** Lines that belong to alerts, by service. */
  #lines(): Map<string, number> {
    const lines = new Map<string, number>();
    for (const { records } of this.#effects.stream.shards) {
      for (const { payloads } of records) {
        for (const payload of payloads)
          if (isGrouped(payload)) lines.set(payload.service, (lines.get(payload.service) ?? 0) + 1);
      }
    }
    return lines;
  }
}

const isGrouped = (payload: SentPayload): payload is SentPayload & { readonly service: string } =>
  payload.level !== undefined && payload.level !== "INFO";

/** Records up to a sequence number. */
const placeOf = (shard: Shard, sequenceNumber: string | undefined) =>
  shard.records.findIndex((record) => record.sequenceNumber === sequenceNumber) + 1;

/** The dead letters of a shard's first records: their places and texts. */
function deadOf({ id, records }: Shard, most: number): [string, string][] {
  return records
    .slice(0, most)
    .flatMap(({ sequenceNumber, payloads, data }) =>
      payloads.flatMap(({ level }, index): [string, string][] =>
        level === undefined ? [[`${id} ${sequenceNumber} ${index}`, Buffer.from(data).toString()]] : [],
      ),
    );
}

function totalsOf(payloads: readonly SentPayload[], records: number): ShardTotals {
  return payloads
    .map(
      ({ level }): ShardTotals =>
        level === undefined
          ? { ...noTotals(), invalid: 1 }
          : { ...noTotals(), valid: 1, byLevel: { [level]: 1 } },
    )
    .reduce(addTotals, { ...noTotals(), records });
}

const asText = ({ records, valid, invalid, byLevel }: ShardTotals) =>
  `${records} records, ${valid} valid, ${invalid} invalid, ${Object.entries(byLevel)
    .sort()
    .map(([level, count]) => `${count} ${level}`)
    .join(", ")}`;
