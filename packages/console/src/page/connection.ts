import { useEffect, useReducer } from "preact/hooks";
import { History, type Snapshot } from "../history.ts";
import type { Frame } from "../protocol.ts";

/** What the server tells of the consumer, as it comes. */
export class Connection {
  history = new History();
  /** Frames that came too fast for this page. */
  missed = 0;
  isOpen = false;
  readonly #listeners = new Set<() => void>();

  constructor() {
    const source = new EventSource("/api/events");
    const on = <T>(name: string, take: (data: T) => void) =>
      source.addEventListener(name, (event) => {
        take(JSON.parse(event.data));
        this.isOpen = true;
        this.#changed();
      });
    on<{ missed: number; snapshot: Snapshot }>("snapshot", ({ missed, snapshot }) => {
      this.missed += missed;
      this.history = new History(snapshot);
    });
    on<Frame>("frame", (frame) => this.history.apply(frame));
    source.addEventListener("error", () => {
      this.isOpen = false;
      this.#changed();
    });
  }

  /** @returns what ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Draws the component anew with each frame. */
export function useFrames(connection: Connection): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => connection.onChange(() => draw(undefined)), [connection]);
}
