import type { ServerResponse } from "node:http";

/** Most pages at a time. */
export const MOST_PAGES = 16;
/** Bytes that may wait for one page; one that takes no more gets none until it has taken these. */
const MOST_WAITING = 1_048_576;

interface Page {
  readonly response: ServerResponse;
  /** Frames that it did not get. */
  missed: number;
}

/** The pages that look on, by server-sent events. A slow one misses frames, and gets all there is when it keeps up again. */
export class Audience {
  readonly #pages = new Set<Page>();
  readonly #snapshot: () => string;
  readonly #onChange: (count: number) => void;

  /** @param snapshot all there is, as JSON; @param onChange how many look on now */
  constructor(snapshot: () => string, onChange: (count: number) => void) {
    this.#snapshot = snapshot;
    this.#onChange = onChange;
  }

  get isFull(): boolean {
    return this.#pages.size >= MOST_PAGES;
  }

  /** Tells a page all there is, and what happens from now on. */
  add(response: ServerResponse): void {
    const page: Page = { response, missed: 0 };
    this.#pages.add(page);
    this.#onChange(this.#pages.size);
    response.once("close", () => {
      this.#pages.delete(page);
      this.#onChange(this.#pages.size);
    });
    response.write("retry: 1000\n\n");
    this.#catchUp(page);
  }

  /** @param frame as JSON */
  tell(frame: string): void {
    const event = `event: frame\ndata: ${frame}\n\n`;
    for (const page of this.#pages) {
      if (page.response.writableLength > MOST_WAITING) page.missed++;
      else if (page.missed > 0) this.#catchUp(page);
      else page.response.write(event);
    }
  }

  close(): void {
    for (const { response } of this.#pages) response.destroy();
  }

  #catchUp(page: Page): void {
    page.response.write(
      `event: snapshot\ndata: {"missed":${page.missed},"snapshot":${this.#snapshot()}}\n\n`,
    );
    page.missed = 0;
  }
}
