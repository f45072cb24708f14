import { isObject, type Json } from "./fields.ts";

const MOST_FRAMES = 1000;
const DEEPEST = 5;

/** How a line looks that ends a word for an exception: `java.lang.IllegalStateException: boom`, `KeyError: 'x'`. */
const TYPE =
  /^(?:Caused by: |Uncaught |Unhandled [Ee]xception(?:\. |: )|Exception in thread "[^"]{0,100}" |(?:PHP )?Fatal error: {1,2}Uncaught )?((?:[A-Za-z_$][\w$]*(?:\.|::|\\))*(?:[A-Z][\w$]*)?(?:Error|Exception|Interrupt|Exit|Warning|Failure|Fault|Iteration|Throwable))(?=$|[:\s(])/;
/** Elixir: `** (RuntimeError) no funds`. */
const ELIXIR = /^\*\* \(([A-Z][\w.]{0,200})\) /;
const BARE = /^[A-Z][a-z]+$/;
/** The first line of a Python traceback, which all of them have. */
export const TRACEBACK = "Traceback (most recent call last)";

/**
 * A stack trace as text, whatever a logger made of it: a text, lines, frames, or an exception with frames and causes.
 * Nothing when it is none.
 */
export function stackText(value: unknown): string | undefined {
  const text = render(value, 0);
  return text === undefined || text.trim() === "" ? undefined : text;
}

function render(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value;
  if (depth > DEEPEST) return undefined;
  if (Array.isArray(value)) {
    const lines = value.slice(0, MOST_FRAMES).map((one) => frame(one) ?? render(one, depth + 1));
    return lines.filter((line) => line !== undefined).join("\n");
  }
  return isObject(value) ? exception(value, depth) : undefined;
}

const pick = (value: Json, ...keys: string[]): string | undefined => {
  for (const key of keys) {
    const one = value[key];
    if (typeof one === "string" && one !== "") return one;
    if (typeof one === "number") return String(one);
  }
  return undefined;
};

/** A frame as Java, Go, Python, Node or .NET loggers write it. */
function frame(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const name = pick(value, "method", "methodName", "func", "function", "name");
  // Quarkus has no files.
  const isNamed = name !== undefined && typeof value.class === "string";
  const file =
    pick(value, "file", "fileName", "filename", "source") ?? (isNamed ? "Unknown Source" : undefined);
  if (file === undefined || (name === undefined && pick(value, "line", "lineno", "lineNumber") === undefined))
    return undefined;
  const owner = pick(value, "class", "className", "declaringClass", "module");
  const line = file === "Unknown Source" ? undefined : pick(value, "line", "lineNumber", "lineno");
  return `    at ${owner === undefined ? "" : `${owner}.`}${name ?? ""}(${file}${line === undefined ? "" : `:${line}`})`;
}

function exception(value: Json, depth: number): string | undefined {
  const whole = pick(
    value,
    "stack",
    "stack_trace",
    "stacktrace",
    "stackTrace",
    "StackTrace",
    "StackTraceString",
  );
  if (whole !== undefined) return whole;
  const type = pick(
    value,
    "className",
    "class",
    "exc_type",
    "exceptionType",
    "type",
    "name",
    "exceptionClass",
    "errorClass",
    "ClassName",
    "Type",
  );
  const message = pick(value, "message", "exc_value", "localizedMessage", "Message", "value");
  const frames =
    value.extendedStackTrace ??
    value.stepArray ??
    value.frames ??
    value.trace ??
    value.stackTrace ??
    value.stacktrace ??
    value.stack;
  const below = frames === undefined ? undefined : render(frames, depth + 1);
  if (below === undefined || below === "") return undefined;
  const cause = value.cause ?? value.previous ?? value.commonElementCause;
  const caused = isObject(cause) ? exception(cause, depth + 1) : undefined;
  const head = [type, message].filter((one) => one !== undefined).join(": ");
  return [head, below, caused === undefined ? undefined : `Caused by: ${caused}`]
    .filter((one) => one !== undefined && one !== "")
    .join("\n");
}

/** The type of the error that a text reports, by its first line or, as Python has it, by its last. */
export function errorTypeOf(text: string): string | undefined {
  const line = lineAt(text, 0);
  const first = TYPE.exec(line)?.[1] ?? ELIXIR.exec(line)?.[1];
  // `Error while starting` is a sentence, `Error: x` an error.
  const isWord =
    first !== undefined && BARE.test(first) && /\s/.test(line[line.indexOf(first) + first.length] ?? "");
  if (first !== undefined && !isWord) return first;
  if (!text.includes(TRACEBACK)) return undefined;
  const last = lastLine(text);
  return last.includes(TRACEBACK) ? undefined : /^([A-Za-z_][\w.]*)(?::|$)/.exec(last)?.[1];
}

/** The line of a Python traceback that says what went wrong: the last one. */
export function lastLine(text: string): string {
  const end = text.trimEnd();
  return end.slice(end.lastIndexOf("\n") + 1);
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf("\n", start);
  return text.slice(start, Math.min(end === -1 ? text.length : end, start + 500));
}

/** Whether a text is a stack trace or has one in it. */
export function holdsStack(text: string): boolean {
  if (text.includes(TRACEBACK)) return true;
  const newline = text.indexOf("\n");
  if (newline === -1) return false;
  return /\n[ \t]+at [^\s]|\n\tat |\ngoroutine \d+ |\n[ \t]*Caused by: |\nstack backtrace:|\n#\d+ |\n[ \t]+from |\n\t?[^\s]+\.go:\d+/.test(
    text.slice(0, 20_000),
  );
}
