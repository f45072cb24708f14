import type { ObjectInfo, ObjectStore, PutOptions } from "../../src/state/objects/types.ts";
import { requireKey } from "../../src/state/objects/types.ts";

/** Objects in memory, for what is tested around them. */
export class MemoryObjectStore implements ObjectStore {
  readonly bodies = new Map<string, Uint8Array>();
  readonly options = new Map<string, PutOptions | undefined>();
  /** What every call fails with. */
  failure: Error | undefined;
  /** Puts at the same time, at most. */
  mostAtOnce = 0;
  #atOnce = 0;

  async put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.failure) throw this.failure;
      this.bodies.set(requireKey(key), body);
      this.options.set(key, options);
    } finally {
      this.#atOnce--;
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    if (this.failure) throw this.failure;
    return this.bodies.get(key);
  }

  async *read(key: string): AsyncIterable<Uint8Array> {
    const body = await this.get(key);
    if (body) yield body;
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    for (const [key, body] of [...this.bodies].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (key.startsWith(prefix)) yield { key, size: body.length, modified: new Date(0) };
    }
  }

  async delete(key: string): Promise<void> {
    this.bodies.delete(key);
  }
}
