import { parseArgs } from "node:util";
import type { LogRecord } from "@cali/log-record";
import { plain } from "@cali/slack";
import { plainText } from "../services/consumer/src/cause/llm/answer.ts";
import { AlertGrouper } from "../services/consumer/src/group/alert-grouper.ts";
import { TemplateMiner } from "../services/consumer/src/group/template-miner.ts";
import { redact } from "../services/consumer/src/redact/redact.ts";
import { HOSTILE } from "../services/consumer/test/support/hostile.ts";
import { plainLines, secretLines } from "../services/consumer/test/support/redaction-lines.ts";

/** Redaction of usual and hostile text, and of a flood of one line through mining and grouping. */
const { values } = parseArgs({
  options: { lines: { type: "string", default: "200000" }, units: { type: "string", default: "100000" } },
});
const [lines, units] = [Number(values.lines), Number(values.units)];

/** ms of this process on the CPU: a busy machine does not count. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const frames = Array.from(
  { length: 90 },
  (_, n) => `\tat com.acme.shop.checkout.Step${n}.run(Step${n}.java:${n + 17})`,
);
const trace = `java.lang.IllegalStateException: cart 4711 of kim@example.com is locked\n${frames.join("\n")}\n${"x".repeat(2_000)}`;
const usual = [...plainLines(), ...secretLines().map(({ line }) => line)];
const korean = "결제승인이지연되어주문을처리하지못했습니다".repeat(Math.ceil(8_000 / 21));

for (let round = 0; round < 20; round++) for (const line of usual) redact(line);
console.log("Redaction, ms of CPU");
const each = cpuMs(() => {
  for (let round = 0; round < 10; round++) for (const line of usual) redact(line);
});
console.log(`  a usual line (${usual.length} of the tests)  ${(each / 10 / usual.length).toFixed(4)}`);
for (const [name, text] of [
  ["a stack trace of 8 KB", trace],
  ["8,000 units of Korean without spaces", korean],
] as const) {
  console.log(
    `  ${name}  ${(cpuMs(() => void Array.from({ length: 50 }, () => redact(text))) / 50).toFixed(3)}`,
  );
}
const worst = (clean: (text: string) => unknown) =>
  HOSTILE.map((piece) => {
    const hostile = piece.repeat(Math.ceil(units / piece.length));
    clean(hostile);
    return { piece: JSON.stringify(piece), ms: cpuMs(() => void clean(hostile)) };
  }).sort((a, b) => b.ms - a.ms);
for (const [name, clean] of [
  ["redact", redact],
  ["plainText", plainText],
  ["plain", plain],
] as const) {
  const [first, second, third] = worst(clean).map(({ piece, ms }) => `${piece} ${ms.toFixed(1)}`);
  console.log(
    `  ${name}, worst of ${HOSTILE.length} hostile texts of ${units} units: ${first}, ${second}, ${third}`,
  );
}

/** Lines a second of CPU through mining and grouping. */
function rate(contentOf: (place: number) => string): number {
  const miner = new TemplateMiner();
  const grouper = new AlertGrouper({});
  const at = Date.now();
  const timestamp = new Date(at).toISOString();
  const ms = cpuMs(() => {
    for (let place = 0; place < lines; place++) {
      const content = contentOf(place);
      const message = content.slice(0, content.indexOf("\n") >>> 0);
      const record = {
        timestamp,
        service: "checkout",
        level: "ERROR",
        trace_id: "-",
        span_id: "-",
        message,
        log_content: content,
      } as unknown as LogRecord;
      const mined = miner.add(record.service, record.message, at);
      grouper.observe({
        shardId: "0",
        position: { sequenceNumber: String(place + 1), index: 0 },
        record,
        ...mined,
        at,
      });
    }
  });
  return (lines / ms) * 1000;
}
const usualRate = rate((place) => usual[place % usual.length] ?? "");
const floodRate = rate(() => trace);
console.log(`Mining and grouping, ${lines} lines, lines per second of CPU`);
console.log(`  usual lines        ${Math.round(usualRate)}`);
console.log(
  `  one stack trace    ${Math.round(floodRate)}  (${(floodRate / usualRate).toFixed(2)} times as many)`,
);
