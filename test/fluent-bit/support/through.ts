import { validateRecord } from "@cali/log-record";
import { beforeAll, expect, it } from "vitest";
import { decode } from "../../../services/consumer/src/decode/decode.ts";
import { FluentBitChain, type PodLookup, type TailedLine } from "./chain.ts";
import { readFluentBitValues } from "./config.ts";
import { type CorpusOptions, corpus, type Expected, ORIGIN } from "./corpus.ts";

export const values = readFluentBitValues({ CALI_ENVIRONMENT: ORIGIN.environment });
const LABELLED: PodLookup = () => ({ labels: { "cali.io/logs": "true" } });

/** Sends lines through the chain; what comes out is taken as the consumer takes it. `value` has all but the id of its source. */
export async function through(lines: Iterable<TailedLine>, lookup: PodLookup = LABELLED) {
  const payloads: string[] = [];
  const chain = await FluentBitChain.create(values, lookup, (json) => payloads.push(json));
  for (const line of lines) chain.add(line);
  chain.flush();
  return payloads.map((json) => {
    const decoded = decode(Buffer.from(`${json}\n`), { arrival: 0 });
    const [payload] = decoded;
    if (decoded.length !== 1 || !payload?.ok) throw new Error(`not one payload: ${json.slice(0, 200)}`);
    const { source_id: id, ...value } = JSON.parse(json) as Record<string, unknown>;
    expect(payload.record.source_id).toBe(id);
    return { json, id, value, verdict: validateRecord(value), record: payload.record };
  });
}

/** The tests of the log generator's lines: each comes out as what its label says. */
export function comeOutAsRecords(options: CorpusOptions): void {
  let expected: readonly Expected[];
  let out: Awaited<ReturnType<typeof through>>;

  beforeAll(async () => {
    const made = corpus(options);
    expected = made.expected;
    out = await through(made.lines);
  });

  const byPod = <T>(all: readonly T[], pod: (one: T) => string) => Map.groupBy(all, pod);

  it("are what they should be: stack traces, bad ones of each kind, cut lines, many pods", () => {
    expect(new Set(expected.map(({ label }) => label.why))).toEqual(
      new Set([null, "wrong-type", "missing-field", "broken", "oversize"]),
    );
    expect(expected.filter(({ text }) => text.includes("\n")).length).toBeGreaterThan(options.count / 100);
    expect(byPod(expected, ({ pod }) => pod).size).toBeGreaterThan(10);
  });

  it("come out one for one: none lost, none glued together, in each pod's order", () => {
    expect(out.length).toBe(options.count);
    const outByPod = byPod(out, ({ value }) => String(value.pod_name));
    for (const [pod, desired] of byPod(expected, (one) => one.pod)) {
      const got = outByPod.get(pod) ?? [];
      expect(got.map(({ value }) => whole(value))).toEqual(desired.map(({ text }) => text));
    }
  });

  it("are the records that toRecord makes, or are left to the consumer where the labels say so", () => {
    const outByPod = byPod(out, ({ value }) => String(value.pod_name));
    for (const [pod, desired] of byPod(expected, (one) => one.pod)) {
      for (const [index, { verdict }] of (outByPod.get(pod) ?? []).entries()) {
        const { record, label } = desired[index] as Expected;
        if (record !== undefined) expect(verdict).toEqual({ ok: true, record });
        // Too long for a record: cut, not refused.
        else if (label.why === "oversize") expect(verdict.ok).toBe(false);
        else expect(verdict.ok, JSON.stringify(label)).toBe(false);
      }
    }
  });
}

/** The text of the log that a payload was made of. */
function whole(value: Record<string, unknown>): string {
  if (typeof value.log === "string") return value.log;
  const { level, timestamp, service, version, trace_id, log_content } = value;
  return `[${level}] ${timestamp} ${service}/${version} [${trace_id}]: ${log_content}`;
}
