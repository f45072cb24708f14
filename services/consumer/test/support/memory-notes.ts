import type { Notes } from "../../src/state/types.ts";

/** Notes in memory, without counters. */
export class MemoryNotes implements Notes {
  readonly values = new Map<string, string>();

  async get(key: string): Promise<string | undefined> {
    return this.values.get(key);
  }
  async set(key: string, value: string): Promise<void> {
    this.values.set(key, value);
  }
  async claim(key: string, value: string): Promise<string> {
    if (!this.values.has(key)) this.values.set(key, value);
    return this.values.get(key) ?? value;
  }
  async count(): Promise<Record<string, number>> {
    throw new Error("these notes count nothing");
  }
}
