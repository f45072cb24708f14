import type { Level } from "../schema.ts";
import { readTime } from "./time.ts";
import type { TextFormat } from "./types.ts";

/** The first line of an entry: a time in the machine's own form and the process. */
const HEAD = /^(?<time>\S{8,12} \S{5,11}(?: [AP]M)?) - Process\(/;
/** The last: where in IBM's source the entry was written. */
const END = /^-{5}(?: \S{1,60} : [0-9]{1,6} -{2,}|-{40,100}$)/;
/** A code ends with its severity since 9.1. https://www.ibm.com/docs/en/ibm-mq/9.4?topic=codes-amq-messages */
const CODE = /^(AMQ[0-9]{4,5})([IWEST]?): ?(.*)$/;
const LEVELS: Readonly<Record<string, Level>> = { I: "INFO", W: "WARN", E: "ERROR", S: "ERROR", T: "FATAL" };
const LONGEST = 20_000;

/** Whether a line belongs to the entry whose lines are given, of IBM MQ's error log; nothing when they are none of it. */
export function continuesIbmMq(open: readonly string[], line: string): boolean | undefined {
  const isEnd = END.test(open[0] ?? "");
  const head = open[isEnd ? 1 : 0];
  if (head === undefined) return HEAD.test(line);
  if (!HEAD.test(head)) return undefined;
  return !HEAD.test(line) && (isEnd || !END.test(open.at(-1) ?? ""));
}

/** IBM MQ's error log: what happened where, a message with a code in the server's language, its explanation and what to do. */
export const ibmMq: TextFormat = {
  name: "ibm-mq",
  read(head, below, context) {
    const lines = `${head}${below}`.slice(0, LONGEST).split("\n");
    const first = HEAD.exec(head) ?? (END.test(head) ? HEAD.exec(lines[1] ?? "") : null);
    if (first === null) return undefined;
    const at = lines.findIndex((line) => CODE.test(line));
    const [, code, letter = "", text = ""] = CODE.exec(lines[at] ?? "") ?? [];
    const rest = at === -1 ? [] : lines.slice(at + 1);
    const blank = rest.findIndex((line) => line.trim() === "" || /^[A-Z\p{Lu}]{4,12}:$/u.test(line));
    const about = lines.join("\n");
    const host = /\bHost\(([^)\s]{1,253})\)/.exec(about)?.[1];
    const level = LEVELS[letter];
    return {
      format: "ibm-mq",
      time: readTime(/\bTime\(([^)]{10,40})\)/.exec(about)?.[1] ?? first.groups?.time, context),
      message: [text, ...rest.slice(0, Math.max(0, blank))].join(" ").trim() || head,
      stack: `${head}${below}`,
      ...(level !== undefined && { level, levelSource: "record" as const }),
      ...(code !== undefined && level !== "INFO" && { errorCode: `${code}${letter}` }),
      ...(host !== undefined && { podName: host }),
    };
  },
};
