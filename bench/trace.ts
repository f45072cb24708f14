import type { LogRecord } from "@cali/log-record";
import { AlertGrouper } from "../services/consumer/src/group/alert-grouper.ts";
import { TemplateMiner } from "../services/consumer/src/group/template-miner.ts";
import { plainLines, secretLines } from "../services/consumer/test/support/redaction-lines.ts";
import { atLeastTimes, type Benchmark, growsLinearly, perCpuSecond } from "./frame.ts";

const frames = Array.from(
  { length: 90 },
  (_, n) => `\tat com.acme.shop.checkout.Step${n}.run(Step${n}.java:${n + 17})`,
);
const TRACE = `java.lang.IllegalStateException: cart 4711 of kim@example.com is locked\n${frames.join("\n")}\n${"x".repeat(2_000)}`;
const USUAL = [...plainLines(), ...secretLines().map(({ line }) => line)];

/** Lines through mining and grouping, as the consumer does it. */
function group(lines: number, contentOf: (place: number) => string): void {
  const miner = new TemplateMiner();
  const grouper = new AlertGrouper({});
  const at = Date.now();
  const timestamp = new Date(at).toISOString();
  for (let place = 0; place < lines; place++) {
    const content = contentOf(place);
    const record = {
      timestamp,
      service: "checkout",
      level: "ERROR",
      trace_id: "-",
      span_id: "-",
      message: content.slice(0, content.indexOf("\n") >>> 0),
      log_content: content,
    } as unknown as LogRecord;
    const mined = miner.add(record.service, record.message, at);
    const position = { sequenceNumber: String(place + 1), index: 0 };
    grouper.observe({ shardId: "0", position, record, ...mined, at });
  }
}

/** A flood of one stack trace of 8 KB through mining and grouping, beside usual lines: only the first is redacted. */
export const benchmark: Benchmark = {
  name: "trace",
  unit: "lines per second of CPU",
  better: "more",
  size: "lines",
  sizes: [10_000, 50_000, 250_000],
  rounds: 3,
  growth: "time",
  targets: [
    { ...atLeastTimes(0.5, "usual lines"), says: "at least half of the rate of usual lines" },
    growsLinearly("one stack trace"),
  ],
  open: (size) => ({
    contenders: {
      "one stack trace": () => perCpuSecond(size, () => group(size, () => TRACE)),
      "usual lines": () =>
        perCpuSecond(size, () => group(size, (place) => USUAL[place % USUAL.length] ?? "")),
    },
  }),
};
