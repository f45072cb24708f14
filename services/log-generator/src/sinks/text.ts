import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { SinkError } from "../errors.ts";
import type { GeneratedLine } from "../generate.ts";
import { unlessAborted } from "../wait.ts";
import { emptyCounters, refuse, type Sink } from "./types.ts";

export interface TextSinkOptions {
  /** For errors: such as `standard output` or a file's path. */
  name: string;
  /** The text of a line, without its line end. */
  render: (line: GeneratedLine) => string;
  /** End the stream on close (a file), or leave it open (standard output). */
  end: boolean;
}

/** Lines are collected into writes of about this many characters, */
const CHUNK_LENGTH = 32_768;
/** but none waits longer than this, ms. */
const LINGER = 10;

/** Writes lines of text to a stream. A line is accepted when the write that holds its last byte succeeded. */
export class TextSink implements Sink {
  readonly counters = emptyCounters();
  failure: SinkError | undefined;
  readonly #stream: Writable;
  readonly #options: TextSinkOptions;
  #chunk = "";
  #lines = 0;
  /** Lines that were handed to the stream and are not confirmed yet. */
  #pending = 0;
  #lastWrite: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Writable, options: TextSinkOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.on("error", (error) => this.#fail(error));
  }

  write(line: GeneratedLine): Promise<void> | undefined {
    if (this.failure !== undefined) {
      refuse(this.counters, 1, this.failure.message);
      return undefined;
    }
    this.#chunk += `${this.#options.render(line)}\n`;
    this.#lines += 1;
    if (this.#chunk.length < CHUNK_LENGTH) {
      this.#timer ??= setTimeout(() => this.#send(), LINGER);
      return undefined;
    }
    this.#send();
    return this.#stream.writableNeedDrain ? this.#lastWrite : undefined;
  }

  async close(abort: AbortSignal): Promise<void> {
    this.#send();
    await unlessAborted(this.#lastWrite, abort);
    if (this.#pending > 0) {
      refuse(this.counters, this.#pending, `${this.#options.name}: not written before the end`);
      this.#pending = 0;
    }
    if (!this.#options.end) return;
    try {
      this.#stream.end();
      await finished(this.#stream, { signal: abort });
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === 0) return;
    const [chunk, lines] = [this.#chunk, this.#lines];
    this.#chunk = "";
    this.#lines = 0;
    this.#pending += lines;
    this.#lastWrite = new Promise((resolve) => {
      this.#stream.write(chunk, (error) => {
        this.#settle(lines, error ?? undefined);
        resolve();
      });
    });
  }

  #settle(lines: number, error: Error | undefined): void {
    if (error !== undefined) this.#fail(error);
    // After an abort the lines have been refused already.
    if (this.#pending === 0) return;
    this.#pending -= lines;
    if (error === undefined) this.counters.accepted += lines;
    else refuse(this.counters, lines, this.failure?.message ?? error.message);
  }

  /** The first error says why; those that follow from it do not. */
  #fail(error: Error): void {
    this.failure ??= new SinkError(`${this.#options.name}: ${error.message}`, { cause: error });
  }
}
