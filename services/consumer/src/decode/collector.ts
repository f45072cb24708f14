import { type LogRecord, type ReadLogs, type ReadOptions, readText, readValue } from "@cali/log-record";

/** One log of a Kinesis record, or bytes that are none with the reason. */
export type Payload =
  | { ok: true; record: LogRecord; format: string; bytes: Uint8Array }
  | { ok: false; reason: string; bytes: Uint8Array };

/** What the logs themselves may not say. */
export type TextOptions = Required<ReadOptions>;

/** Gathers the payloads of one Kinesis record, up to a number. */
export class Collector {
  readonly payloads: Payload[] = [];
  readonly #most: number;
  readonly #options: TextOptions;

  constructor(most: number, options: TextOptions) {
    this.#most = most;
    this.#options = options;
  }

  get isFull(): boolean {
    return this.payloads.length >= this.#most;
  }

  refuse(bytes: Uint8Array, reason: string): void {
    this.payloads.push({ ok: false, reason, bytes });
  }

  /** @returns what of the value was too much, as bytes */
  value(value: unknown, bytes: Buffer): Buffer | undefined {
    return this.#take(readValue(value, this.#options, this.#most - this.payloads.length), bytes);
  }

  text(text: string, bytes: Buffer): Buffer | undefined {
    return this.#take(readText(text, this.#options, this.#most - this.payloads.length), bytes);
  }

  #take({ logs, rest }: ReadLogs, bytes: Buffer): Buffer | undefined {
    for (const { record, format } of logs) this.payloads.push({ ok: true, record, format, bytes });
    return rest === undefined ? undefined : Buffer.from(JSON.stringify(rest.value));
  }
}
