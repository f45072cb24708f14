import { Repeats } from "../../../services/consumer/src/pipeline/repeats.ts";

/** What arrived of logs that a number each makes known, once the consumer has left out what was sent again. */
export interface Arrived {
  /** Payloads as the stream took them. */
  readonly payloads: number;
  /** Numbers of which every line came. */
  readonly whole: ReadonlySet<number>;
  /** Lines that came again in a record with another id. */
  readonly doubled: readonly string[];
  /** Payloads with lines of several logs, of none, or without their pod. */
  readonly glued: readonly string[];
  /** Logs whose lines came in several records: what waits is put out every half second, also what is just being read. */
  readonly cut: number;
}

const LINES_OF = 3;

/** The text of the log with a number: two lines of a stack trace below it. */
export const numberedLog = (number: number, level = "ERROR") =>
  `[${level}] 2026-01-25T01:02:03.456Z pay/1.0 [-]: number ${number}\n\tat a.b(c.java:${number})\n\tat a.c(c.java:${number})`;

export function arrived(payloads: readonly string[]): Arrived {
  const repeats = new Repeats(1_000_000);
  const lines = new Map<number, Set<string>>();
  const doubled: string[] = [];
  const glued: string[] = [];
  let records = 0;
  for (const [place, json] of payloads.entries()) {
    const value = JSON.parse(json) as Record<string, unknown>;
    const position = { sequenceNumber: String(place), index: 0 };
    if (repeats.has({ source_id: String(value.source_id) }, { shardId: "shard", position })) continue;
    records += 1;
    const texts = String(value.log_content ?? value.log).split("\n");
    const numbers = texts.map((text) =>
      Number(/^(?:number |\tat a\.[bc]\(c\.java:)(\d+)\)?$/.exec(text)?.[1]),
    );
    const [number = Number.NaN] = numbers;
    if (Number.isNaN(number) || numbers.some((one) => one !== number) || typeof value.pod_name !== "string") {
      glued.push(json);
      continue;
    }
    const known = lines.get(number) ?? new Set();
    doubled.push(...texts.filter((text) => known.has(text)));
    lines.set(number, new Set([...known, ...texts]));
  }
  const whole = new Set([...lines].flatMap(([number, { size }]) => (size === LINES_OF ? [number] : [])));
  return { payloads: payloads.length, whole, doubled, glued, cut: records - lines.size - glued.length };
}
