import { withoutGutter } from "../../group/stack.ts";

/** Longest text that is looked at, in UTF-16 units. */
const LONGEST = 16_000;
/** Longest of what is left: the first and the last of it, which say what failed and why. */
const LONGEST_MESSAGE = 6_000;

/** Lines of a stack trace that only say where: Java, .NET, Node; Python; Go; Ruby; Elixir; and "… 12 more". */
const FRAME = [
  // A message may be wrapped before "at", too; syslog stands before each line.
  /^(?:.{1,200}:\s?\t)?\s*at\s+(?:(?:async|new)\s+)?(?:[A-Za-z_$][\w$-]*[.(</]|[\w$<>]+\s(?:\[as \S+\]\s)?\(|[/A-Za-z]\S*:\d+:\d+\s*$)/,
  /^\s*\.{3}\s*\d+\s+(?:more|common frames omitted)/,
  /^\s*File ".{0,300}", line \d+/,
  /^\s*[~^]+\s*$/,
  /^(?:Exception Group )?Traceback \(most recent call last\)/,
  /^goroutine \d+ \[/,
  /^\t\S+\.go:\d+/,
  /^[\w/*()-]+[./][\w./*()-]*\([^)]*\)$/,
  /^\s*from \S+:\d+:in /,
  /^\s*\(\w+(?: [\d.]+)?\) \S+\.(?:exs?|erl):\d+: /,
  /^\s*--- End of (?:inner exception )?stack trace/,
  // Prisma says which call it was, and shows the lines around it.
  /^\s*(?:\w+: )?Invalid `[\w.$]{1,80}\(\)` invocation(?: in)?:?\s*$/,
  /^\s*\/?\S{1,200}\.[cm]?[jt]sx?:\d+:\d+\s*$/,
  /^\s*→\s*\d+\s/,
];
const PYTHON_FRAME = FRAME[2] as RegExp;
/** Where PHP and Perl say that it was, behind the message. */
const PLACE = / (?:in|at) \/\S{1,300}(?::\d+| (?:on )?line \d+)\.?(?=\s|$)/g;

/** The message of an event, of all its lines: without the lines of a stack trace that only say where it was. */
export function messageOf(text: string): string {
  const lines = (text.length > LONGEST ? `${text.slice(0, LONGEST / 2)}\n${text.slice(-LONGEST / 2)}` : text)
    .replaceAll(/\\r?\\n/g, "\n")
    .split(/\r?\n/)
    .map((line) => withoutGutter(line).replaceAll(PLACE, ""));
  // Python shows the line of the source below the place.
  const kept = lines.filter(
    (line, place) =>
      !FRAME.some((frame) => frame.test(line)) &&
      !(place > 0 && PYTHON_FRAME.test(lines[place - 1] ?? "") && /^\s{2}/.test(line)),
  );
  const message = (kept.length > 0 ? kept : lines).join("\n");
  if (message.length <= LONGEST_MESSAGE) return message;
  return `${message.slice(0, LONGEST_MESSAGE / 2)}\n${message.slice(-LONGEST_MESSAGE / 2)}`;
}

/** `10.0.0.1:6379`, `('10.0.0.1', 6379)`, `port 6379`. */
const PORT = /(?<=[\w\]]:|['"], ?|\bport[ =:]{1,3})\d{4,5}(?!\d)/gi;

/** The ports that a text names. */
export const portsIn = (text: string): ReadonlySet<number> =>
  new Set(Array.from(text.slice(0, LONGEST).matchAll(PORT), ([port]) => Number(port)));
