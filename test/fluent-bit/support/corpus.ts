import { asText, type GeneratedLine, generate, type LineLabel, labelOf } from "@cali/log-generator";
import { type LogRecord, toRecord } from "@cali/log-record";
import type { TailedLine } from "./chain.ts";
import { criLines } from "./cri.ts";

export const ORIGIN = { platform: "eks", environment: "dev" } as const;

/** What must come out of a generated line. */
export interface Expected {
  readonly pod: string;
  readonly text: string;
  readonly label: LineLabel;
  /** Of a valid line only. */
  readonly record: LogRecord | undefined;
}

export interface Corpus {
  /** As the container runtime writes them, the pods' lines mixed as they happened. */
  readonly lines: readonly TailedLine[];
  readonly expected: readonly Expected[];
}

/** A container's log file, by its path below `/var/log/pods`. */
export const logFile = (pod: string, namespace = "cali", container = "app") =>
  `${namespace}_${pod}_5b1c3a52-0000-4000-8000-000000000000/${container}/0.log`;

export interface CorpusOptions {
  readonly count: number;
  /** Share of bad lines. Default: 0.02. */
  readonly badShare?: number;
}

/** The log generator's lines in the logs of the pods that it says they are from. */
export function corpus({ count, badShare = 0.02 }: CorpusOptions): Corpus {
  const lines: TailedLine[] = [];
  const expected: Expected[] = [];
  const start = Date.parse("2026-01-25T00:00:00Z");
  for (const line of generate({ seed: "fluent-bit", start, rate: 100, count, badShare, noiseShare: 0.3 })) {
    const text = asText(line);
    for (const cri of criLines(text, runtimeTime(line))) lines.push({ file: logFile(line.pod), line: cri });
    const label = labelOf(line);
    const record = label.valid ? toRecord(line.line, { ...ORIGIN, pod_name: line.pod }) : undefined;
    expected.push({ pod: line.pod, text, label, record });
  }
  return { lines, expected };
}

/** The runtime stamps a line when it gets it, in nanoseconds. */
const runtimeTime = ({ at }: GeneratedLine) => new Date(at).toISOString().replace("Z", "123456Z");
