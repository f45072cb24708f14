import { cut, withoutControls } from "@cali/base";
import type { LogRecord } from "@cali/log-record";
import {
  type AlertShown,
  type Console,
  type DeadLetterShown,
  type Frame,
  type Gauges,
  LEVELS,
  type Level,
  type Line,
  type TruthShown,
} from "./protocol.ts";

/** Frames come that often, ms, and so long after a second's end, so that each holds one second's lines. */
const FRAME_MS = 1_000;
const AFTER_END_MS = 20;
/** Lines are in every second of them: taking secrets out of lines is what a frame costs most. */
const LINES_MS = 1.5 * FRAME_MS;
/** An alert waits no longer than that, ms. */
const ALERT_MS = 250;
/** Most of each in a frame: lines without trouble, those with it. */
const MOST = { plain: 3, trouble: 6, templates: 100, deadLetters: 10, services: 200 };
/** Time that a frame may take to take secrets out of its lines, ms: what is left then is not shown. */
const REDACTING_MS = 10;
/** Longest texts, in UTF-16 units, and what is looked at beyond, so that a secret at the end is whole when it is looked for. */
const LONGEST = 1_000;
const MARGIN = 4_000;

export interface FeedOptions {
  readonly console: Pick<Console, "isWatched" | "tell">;
  /** The text without secrets and personal data. */
  readonly redact: (text: string) => string;
  /** The template that a fingerprint has now, as it was logged; undefined: it is not known any more. */
  readonly templateOf: (fingerprint: string) => string | undefined;
  readonly gauges: () => Gauges;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Something could not be told. */
  readonly onFailure: (error: unknown) => void;
}

/** Bytes that are no log record. */
interface Refused {
  /** ms since the epoch. */
  readonly arrivedAt: number;
  readonly reason: string;
  readonly bytes: Uint8Array;
}

interface Counted {
  readonly service: string;
  readonly level: Level;
  lines: number;
  isNew: boolean;
}

/**
 * Gathers what the consumer sees and tells it to the console once a second, with an alert at once: bounded, without secrets. Lines are
 * counted always, and looked at only while a page looks on.
 */
export class Feed {
  readonly #options: FeedOptions;
  #counts = new Map<string, Record<Level, number>>();
  #plain: LogRecord[] = [];
  #trouble: LogRecord[] = [];
  #templates = new Map<string, Counted>();
  /** Each template as it was told last. */
  readonly #told = new Map<string, string>();
  #alerts: AlertShown[] = [];
  #deadLetters: Refused[] = [];
  #refused = 0;
  /** When lines were told last, ms since the epoch. */
  #linesAt = 0;
  readonly #truth = new Map<string, TruthShown>();
  #timer: NodeJS.Timeout | undefined;
  /** For the alert that is not told yet. */
  #alertTimer: NodeJS.Timeout | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** A line was read. */
  line(record: LogRecord): void {
    const { service, level } = record;
    const isFull = this.#counts.size >= MOST.services;
    let levels = this.#counts.get(service) ?? (isFull ? this.#counts.get("…") : undefined);
    if (levels === undefined) {
      levels = { DEBUG: 0, INFO: 0, WARN: 0, ERROR: 0, FATAL: 0 };
      this.#counts.set(isFull ? "…" : service, levels);
    }
    levels[level]++;
    if (!this.#options.console.isWatched) return;
    const isPlain = level === "DEBUG" || level === "INFO";
    const lines = isPlain ? this.#plain : this.#trouble;
    if (lines.length < (isPlain ? MOST.plain : MOST.trouble)) lines.push(record);
  }

  /** It belongs to a template. */
  grouped({ service, level }: LogRecord, fingerprint: string, isNew: boolean): void {
    const known = this.#templates.get(fingerprint);
    if (known) {
      known.lines++;
      known.isNew ||= isNew;
    } else if (this.#templates.size < MOST.templates) {
      this.#templates.set(fingerprint, { service, level, lines: 1, isNew });
    }
  }

  alert(alert: AlertShown): void {
    this.#alerts.push(alert);
    if (this.#timer) this.#alertTimer ??= setTimeout(() => this.#tryToFlush(), ALERT_MS).unref();
  }

  /** Something could not be read. */
  refused(refused: Refused): void {
    this.#refused++;
    if (this.#deadLetters.length < MOST.deadLetters) this.#deadLetters.push(refused);
  }

  /** What the generator of logs knows of one of its incidents. */
  truth(truth: TruthShown): void {
    this.#truth.set(truth.incident, truth);
  }

  start(): void {
    const wait = FRAME_MS + AFTER_END_MS - (this.#options.now() % FRAME_MS);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#tryToFlush();
      this.start();
    }, wait).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#alertTimer);
    [this.#timer, this.#alertTimer] = [undefined, undefined];
  }

  #tryToFlush(): void {
    try {
      this.flush();
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  /** Tells what was gathered. */
  flush(): void {
    const { console, now } = this.#options;
    clearTimeout(this.#alertTimer);
    this.#alertTimer = undefined;
    const gauges = this.#options.gauges();
    const at = now();
    const frame: Frame = {
      at,
      ...gauges,
      troubles: gauges.troubles.map((text) => this.#safe(text)),
      counts: [...this.#counts].flatMap(([service, levels]) =>
        LEVELS.filter((level) => levels[level] > 0).map((level) => [service, level, levels[level]] as const),
      ),
      lines: this.#lines(at),
      templateUpdates: this.#updates(),
      alerts: this.#alerts,
      deadLetters: this.#deadLetters.map((refused) => this.#deadLetter(refused)),
      refused: this.#refused,
      truth: [...this.#truth.values()],
    };
    this.#counts = new Map();
    [this.#alerts, this.#deadLetters] = [[], []];
    this.#templates = new Map();
    this.#truth.clear();
    this.#refused = 0;
    console.tell(frame);
  }

  #deadLetter({ arrivedAt: at, reason, bytes }: Refused): DeadLetterShown {
    const text = bytesAsText(bytes, (text) => this.#redacted(text));
    return { at, reason: this.#safe(reason), bytes: bytes.length, text };
  }

  /** Trouble first, when there is not the time for all. */
  #lines(now: number): Line[] {
    if (now - this.#linesAt < LINES_MS) return [];
    this.#linesAt = now;
    const until = performance.now() + REDACTING_MS;
    const lines: Line[] = [];
    for (const { timestamp, service, level, log_content: content } of [...this.#trouble, ...this.#plain]) {
      if (performance.now() > until) break;
      lines.push({ at: Date.parse(timestamp), service, level, text: this.#safe(content) });
    }
    [this.#plain, this.#trouble] = [[], []];
    return lines.sort((a, b) => a.at - b.at);
  }

  #updates(): Frame["templateUpdates"] {
    return [...this.#templates].map(([fingerprint, counted]) => {
      const template = this.#options.templateOf(fingerprint);
      if (template === undefined || this.#told.get(fingerprint) === template) {
        return { fingerprint, ...counted };
      }
      if (this.#told.size >= 10_000) this.#told.clear();
      this.#told.set(fingerprint, template);
      return { fingerprint, ...counted, text: this.#safe(template) };
    });
  }

  #redacted(text: string): string {
    return this.#options.redact(text.slice(0, LONGEST + MARGIN));
  }

  /** Text that may leave: without secrets, and without what nobody sees. */
  #safe(text: string): string {
    return cut(withoutControls(this.#redacted(text)), LONGEST);
  }
}

/** Bytes as text, with `\x00` for each that is none. */
function bytesAsText(bytes: Uint8Array, redact: (text: string) => string): string {
  const head = bytes.subarray(0, LONGEST + MARGIN);
  const text = utf8(head);
  const shown = redact(text ?? Buffer.from(head).toString("latin1")).replaceAll(
    text === undefined ? /(?![\t\n])[\p{Cc}\u0080-\u00ff]/gu : /(?![\t\n])\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return cut(withoutControls(shown), LONGEST);
}

/** Nothing: it is none. The last character may be cut off. */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}
