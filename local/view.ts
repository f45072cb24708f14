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
const PLAIN_EVERY_MS = 5_000;

/** Shows what goes on: on a terminal a picture that is drawn anew, elsewhere a line now and then. */
export class View {
  readonly #out: NodeJS.WriteStream;
  readonly #draw: ReturnType<typeof createLogUpdate> | undefined;
  readonly #alerts: string[] = [];
  readonly #title: string;
  #lastPlainAt = 0;

  /** @param forMs how long the run goes on, ms; undefined: until Ctrl-C. */
  constructor(out: NodeJS.WriteStream, forMs: number | undefined) {
    this.#out = out;
    this.#draw = out.isTTY ? createLogUpdate(out) : undefined;
    const until = forMs === undefined ? "runs until Ctrl-C" : `runs for ${forMs / 1_000} s; Ctrl-C ends it`;
    this.#title = `CALI, the whole pipeline on this machine: ${until}`;
    if (!this.#draw) out.write(`${this.#title}\n`);
  }

  alert(alert: Alert, elapsedMs: number): void {
    const { level, service, count, template, cause } = alert;
    const what = `${clock(elapsedMs)}  ${level.padEnd(5)} ${visible(service)} ×${count}  ${visible(template)}`;
    const lines = cause ? [what, `         cause (${cause.tier}): ${visible(cause.cause)}`] : [what];
    this.#alerts.push(...lines);
    this.#alerts.splice(0, Math.max(0, this.#alerts.length - SHOWN_LINES));
    if (!this.#draw) for (const line of lines) this.#out.write(`alert  ${this.#fit(line)}\n`);
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
    const numbers = `${clock(elapsedMs)}  made ${made} (${linesPerSecond.toFixed(0)}/s)  consumed ${consumed}  invalid ${invalid}  lag ${lagMs} ms  templates ${templates}  alerts ${alerts}  held back ${suppressed}`;
    if (this.#draw) {
      const lines = [
        this.#title,
        "",
        numbers,
        ...troubles.map((text) => `! ${visible(text)}`),
        "",
        "Alerts",
        ...this.#alerts,
      ];
      this.#draw(lines.map((line) => this.#fit(line)).join("\n"));
    } else if (elapsedMs - this.#lastPlainAt >= PLAIN_EVERY_MS) {
      this.#lastPlainAt = elapsedMs;
      this.#out.write(`${[numbers, ...troubles.map((text) => `! ${visible(text)}`)].join("\n")}\n`);
    }
  }

  /** Leaves the last picture where it is. */
  close(): void {
    this.#draw?.done();
  }

  #fit(line: string): string {
    const width = this.#out.columns ?? 200;
    return line.length > width ? `${line.slice(0, width - 1)}…` : line;
  }
}

const clock = (ms: number) => new Date(ms).toISOString().slice(14, 19);

/** Log text cannot move the cursor or change colours. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what goes.
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, " ");
}
