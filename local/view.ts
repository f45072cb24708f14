import { cut, flowed, type Paint, paintFor, sparkline } from "@cali/base";
import type { Level } from "@cali/log-record";
import { createLogUpdate } from "log-update";
import type { Alert } from "../services/consumer/src/core/types.ts";

/** What the view shows of a moment. */
export interface Moment {
  /** Since the start, ms. */
  readonly elapsedMs: number;
  readonly made: number;
  readonly linesPerSecond: number;
  readonly consumed: number;
  readonly invalid: number;
  readonly lagMs: number;
  readonly templates: number;
  readonly alerts: number;
  readonly suppressed: number;
  /** What cannot be done right now. */
  readonly troubles: readonly string[];
}

/** Lines of alerts. */
const SHOWN_LINES = 12;
/** Moments that the curves go back. */
const SHOWN_MOMENTS = 40;
/** Characters of the bar that says how much of a run is over. */
const BAR = 40;
const COLOURS: Readonly<Record<Level, Parameters<Paint>[0]>> = {
  DEBUG: "gray",
  INFO: "cyan",
  WARN: "yellow",
  ERROR: "red",
  FATAL: ["bold", "red"],
};

/** A line that is not painted yet: colours have no width. */
interface Line {
  readonly text: string;
  readonly style?: Parameters<Paint>[0];
}
const PLAIN_EVERY_MS = 5_000;

/** Shows what goes on: on a terminal a picture that is drawn anew, elsewhere a line now and then. */
export class View {
  readonly #out: NodeJS.WriteStream;
  readonly #draw: ReturnType<typeof createLogUpdate> | undefined;
  readonly #paint: Paint;
  readonly #forMs: number | undefined;
  readonly #alerts: Line[] = [];
  readonly #rates: number[] = [];
  readonly #lags: number[] = [];
  readonly #title: string;
  #console: readonly Line[] = [];
  #lastPlainAt = 0;

  /** @param forMs how long the run goes on, ms; undefined: until Ctrl-C. */
  constructor(out: NodeJS.WriteStream, forMs: number | undefined) {
    this.#out = out;
    this.#paint = paintFor(out);
    this.#forMs = forMs;
    this.#draw = out.isTTY ? createLogUpdate(out) : undefined;
    const until = forMs === undefined ? "runs until Ctrl-C" : `runs for ${forMs / 1_000} s; Ctrl-C ends it`;
    this.#title = `CALI, the whole pipeline on this machine: ${until}`;
    if (!this.#draw) out.write(`${this.#title}\n`);
  }

  /** The page where all of it is shown is served. */
  console(url: string): void {
    this.#console = [{ text: `Console: ${url}`, style: "bold" }];
    if (!this.#draw) this.#out.write(`Console: ${url}\n`);
  }

  alert(alert: Alert, elapsedMs: number): void {
    const { level, service, count, template, cause } = alert;
    const what = `${clock(elapsedMs)}  ${level.padEnd(5)} ${visible(service)} ×${count}  ${visible(template)}`;
    const known: Line[] = cause
      ? [{ text: `         cause (${cause.tier}): ${visible(cause.cause)}`, style: "dim" }]
      : [];
    const lines: Line[] = [{ text: what, style: COLOURS[level] }, ...known];
    this.#alerts.push(...lines);
    this.#alerts.splice(0, Math.max(0, this.#alerts.length - SHOWN_LINES));
    if (!this.#draw) for (const { text } of lines) this.#out.write(`alert  ${this.#fit(text)}\n`);
  }

  show(moment: Moment): void {
    const {
      elapsedMs,
      made,
      linesPerSecond,
      consumed,
      invalid,
      lagMs,
      templates,
      alerts,
      suppressed,
      troubles,
    } = moment;
    const numbers = [
      clock(elapsedMs),
      `made ${made} (${linesPerSecond.toFixed(0)}/s)`,
      `consumed ${consumed}`,
      `invalid ${invalid}`,
      `lag ${lagMs} ms`,
      `templates ${templates}`,
      `alerts ${alerts}`,
      `held back ${suppressed}`,
    ];
    const warnings = troubles.map((text) => `! ${visible(text)}`);
    if (this.#draw) {
      this.#rates.push(linesPerSecond);
      this.#lags.push(lagMs);
      for (const curve of [this.#rates, this.#lags]) curve.splice(0, curve.length - SHOWN_MOMENTS);
      const lines: Line[] = [
        { text: this.#title, style: "bold" },
        ...this.#console,
        ...this.#progress(elapsedMs),
        { text: "" },
        ...flowed(numbers, this.#width).map((text) => ({ text })),
        { text: `lines/s  ${sparkline(this.#rates)} ${linesPerSecond.toFixed(0)}`, style: "cyan" },
        { text: `lag      ${sparkline(this.#lags)} ${lagMs} ms`, style: "cyan" },
        ...warnings.map((text): Line => ({ text, style: "yellow" })),
        { text: "" },
        { text: "Alerts", style: "bold" },
        ...this.#alerts,
      ];
      this.#draw(
        lines
          .map(({ text, style }) => (style ? this.#paint(style, this.#fit(text)) : this.#fit(text)))
          .join("\n"),
      );
    } else if (elapsedMs - this.#lastPlainAt >= PLAIN_EVERY_MS) {
      this.#lastPlainAt = elapsedMs;
      this.#out.write(`${[numbers.join("  "), ...warnings].join("\n")}\n`);
    }
  }

  /** How much of a run is over that ends by itself. */
  #progress(elapsedMs: number): Line[] {
    if (this.#forMs === undefined) return [];
    const done = Math.round(Math.min(1, elapsedMs / this.#forMs) * BAR);
    const bar = `${"█".repeat(done)}${"░".repeat(BAR - done)}`;
    return [{ text: `${bar} ${clock(elapsedMs)} of ${clock(this.#forMs)}`, style: "dim" }];
  }

  /** Leaves the last picture where it is. */
  close(): void {
    this.#draw?.done();
  }

  get #width(): number {
    return this.#out.columns ?? 200;
  }

  #fit(line: string): string {
    return cut(line, this.#width);
  }
}

const clock = (ms: number) => new Date(ms).toISOString().slice(ms < 3_600_000 ? 14 : 11, 19);

/** Log text cannot move the cursor or change colours. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what goes.
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, " ");
}
