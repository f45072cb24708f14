import { gzipSync } from "node:zlib";
import { LEVELS } from "@cali/log-record";
import kinesisAggregation from "aws-kinesis-agg";
import { logRecord } from "./records.ts";

/** One Kinesis record of the KPL's form, each of `datas` a user record. */
export function aggregate(datas: Buffer[]): Buffer {
  const { RecordAggregator } = kinesisAggregation as unknown as {
    RecordAggregator: new () => {
      addUserRecord(record: { partitionKey: string; data: Buffer }): void;
      build(): { data: Buffer };
    };
  };
  const aggregator = new RecordAggregator();
  for (const data of datas) aggregator.addUserRecord({ partitionKey: "p", data });
  return aggregator.build().data;
}

/** What a stream of records should come to. */
export interface Expected {
  payloads: number;
  valid: number;
  /** Count of WARN, ERROR and FATAL lines by `service`. */
  errors: Record<string, number>;
  /** The bytes that must be in dlq/, as base64, sorted. */
  invalid: string[];
}

const SERVICES = Array.from({ length: 24 }, (_, i) => `service-${String.fromCharCode(97 + i)}`);

function message(service: string, level: string, random: () => number): string {
  const number = () => Math.floor(random() * 1_000_000);
  return `${service} ${level.toLowerCase()} request took ${number()} ms after ${number()} tries`;
}

const INVALID: ((random: () => number) => Buffer)[] = [
  (random) => Buffer.from(`\u0001\u0002\u0003\u0004${Math.floor(random() * 1e9)}`),
  (random) => Buffer.from(`{"level":"INFO","broken":${Math.floor(random() * 1e9)}`),
  (random) => Buffer.from([0xff, 0xff, ...Buffer.from(String(Math.floor(random() * 1e9)))]),
];

/**
 * `count` payloads, packed into Kinesis records of every kind, a few of them invalid; the same for the same `random`.
 * @param mixed share of the records that are of any kind; the others are one log in JSON. Default: all
 */
export function workload(
  count: number,
  random: () => number,
  mixed = 1,
): { records: Buffer[]; expected: Expected } {
  const expected: Expected = { payloads: 0, valid: 0, errors: {}, invalid: [] };
  const records: Buffer[] = [];
  const one = () => {
    expected.payloads++;
    expected.valid++;
    // More and more of them, so that there is something new to notify until the end.
    const known = Math.ceil((SERVICES.length * (expected.payloads + 1)) / count);
    const service = SERVICES[Math.floor(random() * Math.min(known, SERVICES.length))] ?? "";
    const level = LEVELS[Math.floor(random() * LEVELS.length)] ?? "INFO";
    if (level !== "INFO" && level !== "DEBUG") expected.errors[service] = (expected.errors[service] ?? 0) + 1;
    return Buffer.from(
      JSON.stringify(logRecord({ service, level, message: message(service, level, random) })),
    );
  };
  while (expected.payloads < count) {
    const kind = mixed === 1 || random() < mixed ? random() : 0.5;
    if (kind < 0.02) {
      const bytes = (INVALID[Math.floor(random() * INVALID.length)] as (typeof INVALID)[number])(random);
      expected.payloads++;
      expected.invalid.push(bytes.toString("base64"));
      records.push(bytes);
    } else if (kind < 0.8) records.push(one());
    else if (kind < 0.87) records.push(Buffer.from([one(), one(), one()].join("\n")));
    else if (kind < 0.9) records.push(Buffer.concat([one(), one()]));
    else if (kind < 0.95) records.push(gzipSync([one(), one(), one(), one()].join("\n")));
    else records.push(aggregate([one(), one(), one()]));
  }
  expected.invalid.sort();
  return { records, expected };
}
