import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type LogRecord, SOURCE_ID } from "@cali/log-record";
import { expect, it } from "vitest";
import { decode } from "../../services/consumer/src/decode/decode.ts";
import { ROOT } from "../support/run.ts";
import { logFile } from "./support/corpus.ts";
import { criLines } from "./support/cri.ts";
import { through } from "./support/through.ts";

const TIME = "2026-01-25T03:00:00.123456789Z";
const LABELS = {
  "cali.io/logs": "true",
  "app.kubernetes.io/name": "pod-service",
  "app.kubernetes.io/version": "9.9",
};

interface Case {
  name: string;
  text: string;
  expected: Partial<LogRecord> & { records?: number; stack?: true; note?: string };
}
const casesOf = (file: string) =>
  readFileSync(join(ROOT, "packages/log-record/test/fixtures", file), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Case);
const cases = [
  ...casesOf("records.jsonl"),
  ...casesOf("corpus.jsonl"),
  // Of text its rules read CALI's line alone.
  ...["products.jsonl", "clouds.jsonl", "pipelines.jsonl", "libraries.jsonl"]
    .flatMap(casesOf)
    .filter(({ text }) => text.startsWith("{")),
]
  // A container writes lines of one log, not envelopes of other agents nor records of many.
  .filter(
    ({ text, expected }) =>
      expected.records === undefined && !text.includes("\0") && !text.startsWith("\ufeff"),
  )
  .filter(
    ({ name }) =>
      !["java.util.logging", "Rust panic", "Erlang report", "Julia", "Fluent Bit, not parsed"].includes(name),
  );

/** The same with Kubernetes' metadata and the log's id around it, without Fluent Bit's rules. */
function readDirectly(text: string, source_id: unknown): LogRecord | undefined {
  const around = {
    log: text,
    time: TIME,
    platform: "eks",
    environment: "dev",
    source_id,
    kubernetes: { pod_name: "pay-1", container_name: "app", labels: LABELS },
  };
  const [payload] = decode(Buffer.from(JSON.stringify(around)), { arrival: 0 });
  return payload?.ok ? payload.record : undefined;
}

it.each(cases)("what Fluent Bit sets is what the consumer reads: $name", async ({ text, expected }) => {
  const lines = [...criLines(text, TIME)].map((line) => ({ file: logFile("pay-1"), line }));
  const out = await through(lines, () => ({ labels: LABELS }));
  expect(out).toHaveLength(1);
  expect(out[0]?.id).toMatch(SOURCE_ID);
  const direct = readDirectly(text, out[0]?.id);
  expect(out[0]?.record).toEqual(direct);
  const { records: _r, stack, note: _n, service, ...fields } = expected;
  // Around it the runtime and the pod say what the text doesn't.
  const { timestamp_source: _t, pod_name: _p, version: _v, ...certain } = fields;
  if (fields.timestamp_source === undefined) expect(out[0]?.record).toMatchObject(certain);
  if (stack) expect(out[0]?.record.log_content).toContain("\n");
  if (service !== undefined && service !== "unknown") expect(out[0]?.record.service).toBe(service);
  // Each field that it set, it set as the consumer would have.
  for (const [field, value] of Object.entries(out[0]?.value ?? {})) {
    if (field !== "log" && field !== "timestamp_source") {
      const isText = out[0]?.value.log !== undefined;
      if (!isText) expect([field, value]).toEqual([field, direct?.[field as keyof LogRecord]]);
    }
  }
});

it("JSON that its rules can read comes out of it as a record", async () => {
  const text =
    '{"level":"error","msg":"boom","time":"2026-01-25T10:02:03.456+09:00","service":"shop","version":"1.2"}';
  const lines = [...criLines(text, TIME)].map((line) => ({ file: logFile("pay-1"), line }));
  const [got] = await through(lines, () => ({ labels: LABELS }));
  expect(got?.verdict).toEqual({
    ok: true,
    record: {
      level: "ERROR",
      level_source: "record",
      timestamp: "2026-01-25T01:02:03.456Z",
      timestamp_source: "record",
      service: "shop",
      version: "1.2",
      trace_id: "-",
      message: "boom",
      log_content: "boom",
      platform: "eks",
      environment: "dev",
      pod_name: "pay-1",
    },
  });
});
