import { errorTypeOf, holdsStack, lastLine } from "./stack.ts";
import type { Draft, ReadContext, TextFormat } from "./types.ts";

/** What a process writes when it ends by itself: Go, Rust, Java's VM, the kernel, glibc. */
const PANIC =
  /^(?:panic: |fatal error: |PANIC\b|thread '[^']{0,100}' (?:\(\d+\) )?panicked at|Segmentation fault|SIG(?:SEGV|ABRT|BUS|ILL)\b|\*\*\* stack smashing|terminate called|FATAL ERROR: |Kernel panic|Out of memory: Kill|# A fatal error has been detected|runtime: out of memory|http: panic serving|unexpected fault address|double free or corruption|Aborted \(core dumped\)|Fatal Python error|[\w./-]{1,60}\[[0-9]{1,10}\]: segfault at )/;
/** What is printed of an exception that nobody caught, and what a logger prints of one. */
const TRACEBACK =
  /^(?:Traceback \(most recent call last\)|Exception in thread "|Unhandled [Ee]xception|Unhandled (?:P|p)romise ?[Rr]ejection|Uncaught |UnhandledPromiseRejectionWarning|Exception ignored in|PHP Fatal error|Fatal error: Uncaught)/;

/** Ruby's: `pay.rb:7:in 'Shop#pay': no funds (Shop::NoFunds)`. */
const RUBY =
  /^[^\s:]{1,300}:[0-9]{1,6}:in [`'][^']{1,200}': .{0,4000} \(([A-Z]\w{0,100}(?:::[A-Z]\w{0,100}){0,8})\)$/;

/** Node's: the place, the line and a mark below it, then the exception. */
const NODE = /^\S{1,400}:[0-9]{1,7}\n.{0,4000}\n\s*\^+[ \t]*\n\n?(\S.*)/;
const NO_CONTEXT: ReadContext = { zone: "UTC", arrival: 0, depth: 0 };

/** Whether a text says that a process panicked or that an exception was not caught. */
export function crashOf(text: string): "panic" | "traceback" | undefined {
  if (PANIC.test(text)) return "panic";
  if (TRACEBACK.test(text) || holdsStack(text)) return "traceback";
  return undefined;
}

/** A panic, a traceback or an exception with its stack trace that begins the text. */
export const crash: TextFormat = {
  name: "crash",
  read(head, below): Draft | undefined {
    const thrown = head.length < 500 ? NODE.exec(head + below.slice(0, 5000))?.[1] : undefined;
    if (thrown !== undefined) {
      const inner = crash.read(thrown, below.slice(below.indexOf(thrown) + thrown.length), NO_CONTEXT);
      return {
        ...inner,
        format: "traceback",
        level: "ERROR",
        levelSource: "traceback",
        message: thrown,
        stack: head + below,
      };
    }
    const kind = PANIC.test(head) ? "panic" : TRACEBACK.test(head) ? "traceback" : undefined;
    const ruby = RUBY.exec(head)?.[1];
    const type = ruby ?? errorTypeOf(head + below);
    const isError = errorTypeOf(head) !== undefined && holdsStack(head + below);
    if (kind === undefined && !isError && ruby === undefined && !isBareError(head)) return undefined;
    const code = /\n {2,4}code: '([A-Z][A-Z0-9_]{2,60})',?(?=\n|$)/.exec(below.slice(0, 20_000))?.[1];
    const isPython = head.startsWith("Traceback") && below !== "";
    // A traceback begins with a line that all of them have: the last one distinguishes them.
    return {
      format: kind === "panic" ? "panic" : "traceback",
      level: kind === "panic" ? "FATAL" : "ERROR",
      levelSource: kind ?? "traceback",
      message: isPython ? lastLine(below) : head,
      stack: isPython ? head + below : below.slice(1),
      ...(type !== undefined && { errorType: type }),
      // Node shows an error's own fields below its stack.
      ...(code !== undefined && { errorCode: code }),
    };
  },
};

/** `java.lang.OutOfMemoryError: Java heap space`, alone: its frames may come as lines of their own. */
function isBareError(head: string): boolean {
  return /^(?:[a-z][\w$]*\.){1,10}[A-Z][\w$]{0,80}(?:Exception|Error)(?:$|: )/.test(head);
}
