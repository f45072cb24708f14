import { continuesIbmMq } from "./ibm-mq.ts";
import { levelInText, plain } from "./plain.ts";
import { isTimeAlone, leadingTime } from "./time.ts";

/**
 * How a line begins that belongs to the one above it: indented, or one of the words that stack traces have. The same in
 * JavaScript and in Onigmo (Fluent Bit).
 */
export const CONTINUATION_PATTERN =
  '^(?:[ \\t]+[^ \\t\\r\\n]|at [^ ]+(?: \\(|\\(|:[0-9])|(?:Caused|Wrapped) by: |Suppressed: |\\.\\.\\. [0-9]+ |(?:Traceback|Stack) \\(most recent call last\\)|> File "|During handling of the above|The above exception was|goroutine [0-9]+ |created by |\\[signal |[A-Za-z_][A-Za-z0-9_.]*/[^ ]+\\(|main\\.[^ ]+\\(|runtime\\.[^ ]+\\(|panic\\(|exit status [0-9]|stack backtrace:|note: run with |--- End of |#[0-9]+ |from [^ ]+:[0-9]+|for call at$|Stack trace:|\\[stacktrace\\]|! (?:at |Caused by|[a-z]+\\.)|\\*\\* \\([A-Za-z]|Last message(?: \\(from [^)]+\\))?: |State: (?:[\\[{%#:]|nil$)|Client #PID<|["\')}\\]]+[;,]?(?: \\[\\])? ?$)';

const CONTINUATION = new RegExp(CONTINUATION_PATTERN);
/** The line of an exception: `java.lang.IllegalStateException: boom`, `KeyError: 'x'`. As above. */
export const EXCEPTION_PATTERN =
  "^(?:[A-Za-z_$][A-Za-z0-9_$]*[.:\\\\]+)*(?:[A-Z][A-Za-z0-9_$]*)?(?:Exception|Error|Throwable|Warning|Interrupt|Exit)(?::.*)?$";
const EXCEPTION = new RegExp(EXCEPTION_PATTERN);

/**
 * Fluent Bit's multiline rules. Each line has the runtime's flag before it: after P the rest of the same line comes, whatever
 * it is; after F only what continues the log, or is blank. An exception's line continues only a log that reports something bad.
 * Fluent Bit tries the rules of a state before it takes a line for a start.
 */
export function continuationRules(): string {
  const continued = `${CONTINUATION_PATTERN.slice(1)}|[ \\t]*$`;
  const failing = `(?:${continued}|${EXCEPTION_PATTERN.slice(1)})`;
  const calm = `(?!Traceback)(?:${continued})`;
  const reports = "(?:[^ \\t].*(?:WARN|ERROR|FATAL|SEVERE|CRITICAL|rror|xception|panic)|Traceback)";
  const rules = [
    ["start_state", `^F ${reports}`, "failing"],
    ["start_state", `^P ${reports}`, "failing_part"],
    ["start_state", "^F [^ \\t]", "calm"],
    ["start_state", "^P [^ \\t]", "calm_part"],
    ["failing_part", "^F ", "failing"],
    ["failing_part", "^P ", "failing_part"],
    ["calm_part", "^F ", "calm"],
    ["calm_part", "^P ", "calm_part"],
    ["failing", `^F ${failing}`, "failing"],
    ["failing", `^P ${failing}`, "failing_part"],
    ["calm", `^F ${calm}`, "calm"],
    ["calm", `^P ${calm}`, "calm_part"],
  ];
  // Fluent Bit ends a value at the first quotation mark, and with a rule that it can't read it doesn't start.
  const quoted = (regex = "") => `"/${regex.replaceAll('"', "\\x22")}/"`;
  return rules
    .map(([state, regex, next]) => `rule          "${state}" ${quoted(regex)} "${next}"`)
    .join("\n");
}
const FRAME = /^(?:[ \t]+at |[ \t]+\.\.\. |Caused by: |[ \t]+from |#[0-9]+ )/;
/** The first of java.util.logging's two lines. */
const JUL =
  /^(?:[A-Z][a-z]{2}\.?|[01]?[0-9][월月]) [0-9]{1,2}, [0-9]{4} [0-9:]{7,8} (?:[AP]M|[오上下午][전후前後午]) [\w.$]/;
const CONTEXT = { zone: "UTC", arrival: 0 };

/**
 * Whether a line belongs to the log whose lines are given, as the frames of a stack trace do.
 * @param open at least one line
 * @param next the line below, if there is one
 */
export function continues(open: readonly string[], line: string, next: string | undefined): boolean {
  const first = open[0] as string;
  const last = open.at(-1) as string;
  if (first.startsWith("-----") || first.includes(" - Process(")) {
    const isMq = continuesIbmMq(open, line);
    if (isMq !== undefined) return isMq;
  }
  // A date in what is said, such as of a build, is alone on its line.
  if (/^[ \t]/.test(line))
    return leadingTime(line.trimStart(), CONTEXT) === undefined || isTimeAlone(line.trim());
  // Printed by itself it is no part of a line that reports nothing bad.
  if (line.startsWith("Traceback ")) {
    // Nor of one that has ended: those that belong together have a blank line between them.
    const isAnother = first.startsWith("Traceback ") && /^[\w.]/.test(last) && open.length > 1;
    return !isAnother && (canFail(first) || open.length > 1);
  }
  if (CONTINUATION.test(line)) return true;
  // MySQL's slow query log: the next one begins with its time or user.
  if (/^# (?:Time|User@Host): /.test(first))
    return !/^# Time: /.test(line) && (open.length === 1 || !/^# User@Host: /.test(line)) && !hasTime(line);
  // glog's end of a failed check.
  if (line.startsWith("*** ") && /^[EF][0-9]{4,8} /.test(first)) return true;
  // zap's frames have no arguments; the place is below each.
  if (/^[\w./()*~-]{1,300}$/.test(line) && next !== undefined && /^\t\S{1,300}\.go:[0-9]+$/.test(next))
    return true;
  // A stack of Oracle's errors.
  if (/^(?:ORA|TNS|PLS|RMAN)-[0-9]{5}: /.test(line)) return canFail(first);
  // Erlang's reports end with an empty line or the next one, Julia's with their frame.
  if (/^=[A-Z]+ REPORT==== /.test(first)) return last !== "" && !line.startsWith("=");
  if (first.startsWith("┌ ")) return /^[│└]/.test(line);
  if (leadingTime(line, CONTEXT) !== undefined) return false;
  // Oracle's alert log has its time above all that happened then.
  if (isTimeAlone(first) && (open.length === 1 || !startsWithLevel(line))) return true;
  if (startsWithLevel(line)) return JUL.test(first) && open.length === 1;
  // Node shows where an exception was thrown, the line with a mark below it, then the exception.
  if (NODE_PLACE.test(first) && continuesNode(open, line, next)) return true;
  if (line === "Require stack:") return open.some((one) => EXCEPTION.test(one));
  if (/^- \S/.test(line) && open.includes("Require stack:")) return true;
  if (/^Node\.js v[0-9.]+$/.test(line)) return open.length > 1;
  // rich draws boxes around tracebacks.
  const isBox = /^[╭│╰❱]/.test(line);
  if (BOXED.test(line)) return true;
  if ((isBox || (/^╰/.test(last) && EXCEPTION.test(line))) && open.some((one) => BOXED.test(one)))
    return true;
  // Rust writes what happened below where it happened.
  if (open.length === 1 && /^thread '.*panicked at /.test(first)) return true;
  // Python writes it last, below its indented frames.
  if (/^[ \t]/.test(last) && open.some((one) => one.includes("Traceback (most recent call last)")))
    return /^[\w.]+(?:: |$)/.test(line);
  // loguru leaves a line blank before it.
  if (last === "" && EXCEPTION.test(line) && open.some((one) => one.startsWith("> File "))) return true;
  // Java writes the exception below the message that a logger gave it.
  const isQualified = /^(?:[a-z][\w$]*\.){2,10}[A-Z]/.test(line);
  const isReported = isQualified || (next !== undefined && FRAME.test(next));
  return EXCEPTION.test(line) && isReported && canFail(first) && open.length < 50;
}

/** Where Node found what nobody caught: a file, or a part of Node, and a line. */
const NODE_PLACE = /^(?:file:\/\/|node:|\/|[A-Za-z]:\\|\[eval)\S{0,300}:[0-9]{1,7}$/;
const MARK = /^\s*\^+\s*$/;
const BOXED = /^╭─{1,200} Traceback \(most recent call last\)/;

function continuesNode(open: readonly string[], line: string, next: string | undefined): boolean {
  if (MARK.test(line) || (open.length === 1 && next !== undefined && MARK.test(next))) return true;
  return MARK.test(open.findLast((one) => one.trim() !== "") ?? "");
}

const hasTime = (line: string) => leadingTime(line, CONTEXT) !== undefined;

/** A line that begins with a level, as a log's may. */
function startsWithLevel(line: string): boolean {
  if (EXCEPTION.test(line)) return false;
  return levelInText(line)?.start === 0;
}

/** Whether an exception may be what a log reports: not of one that says INFO or DEBUG, nor of another exception. */
function canFail(first: string): boolean {
  if (EXCEPTION.test(first)) return false;
  const level = plain.read(first, "", { ...CONTEXT, depth: 0 })?.level;
  return level === undefined || (level !== "INFO" && level !== "DEBUG");
}
