import type { Level } from "../schema.ts";
import type { Fields } from "./fields.ts";
import type { TimeContext } from "./time.ts";

/** What a log says of a record, before the gaps are filled and limits kept. Nothing in it is checked. */
export interface Draft {
  /** The adapter's name, such as `pino`. */
  format: string;
  level?: Level | undefined;
  /** `record`: a field for it. `text`: a word in the text. */
  levelSource?: "record" | "text" | "status" | "panic" | "traceback" | undefined;
  /** ms since the epoch. */
  time?: number | undefined;
  /** Of an envelope's time: `record` when it is the log's own header. Default: the runtime's. */
  timeSource?: "record" | "runtime";
  service?: string | undefined;
  version?: string | undefined;
  traceId?: string | undefined;
  message?: string | undefined;
  /** The lines below the message. */
  stack?: string | undefined;
  errorType?: string | undefined;
  errorCode?: string | undefined;
  /** Of the error itself, where the message is another. */
  errorMessage?: string | undefined;
  /** HTTP. */
  status?: number | undefined;
  podName?: string | undefined;
  environment?: string | undefined;
  platform?: string | undefined;
}

/** Where a payload comes from: what counts when the log itself doesn't say it. */
export interface ReadContext extends TimeContext {
  /** What is around the log: the runtime's time, the pod's labels, the log group. */
  readonly outer?: Partial<Draft>;
  /** Envelopes around it. */
  readonly depth: number;
}

/** Logs that are JSON objects. The table of aliases reads most of them; an adapter knows what the table can't. */
export interface JsonFormat {
  readonly name: string;
  matches(fields: Fields): boolean;
  /** Changes what the table made of it. */
  read?(fields: Fields, draft: Draft, context: ReadContext): void;
}

/** Logs that are lines of text. */
export interface TextFormat {
  readonly name: string;
  /** @param head the first line. @param below the others, with a line end before each. */
  read(head: string, below: string, context: ReadContext): Draft | undefined;
}

/** One log inside an envelope, with what the envelope says of it. */
export interface Inner {
  readonly value: unknown;
  readonly outer: Partial<Draft>;
}

/** An object around logs. */
interface Opened {
  readonly format: string;
  readonly inner: readonly Inner[];
  /** The envelope of those from this place on, to be sent again. */
  rest(from: number): unknown;
}

export interface Envelope {
  /** Canonical names of fields without any of which it is another thing. */
  readonly marks: readonly string[];
  /** Nothing when it is another thing. */
  open(fields: Fields, context: ReadContext): Opened | undefined;
}
