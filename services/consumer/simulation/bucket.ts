import { NEW_ERRORS } from "../src/cause/new-errors.ts";
import { DEAD_LETTERS, deadLetterSchema } from "../src/decode/dead-letters.ts";
import { REFUSED_ALERTS } from "../src/notify/slack/refused.ts";
import { ObjectStoreError } from "../src/state/objects/errors.ts";
import { type ObjectInfo, type ObjectStore, requireKey } from "../src/state/objects/types.ts";
import type { Network } from "./network.ts";
import type { Life } from "./time.ts";

const TIMEOUT_MS = 10_000;
const failure = () => new ObjectStoreError("unavailable", "no answer in time");

/** Objects as S3 keeps them. */
export class VirtualBucket {
  readonly bodies = new Map<string, Uint8Array>();
  /** Payloads in dlq/ by their places (`shard sequence index`), as they came. */
  readonly deadLetters = new Map<string, string>();
  /** Services with an error in new_errors/. */
  readonly newErrors = new Set<string>();

  /** Ids of alerts in refused_alerts/. */
  readonly refusedAlerts = new Set<string>();

  /** The bucket as a process sees it. */
  portOf(life: Life, network: Network): ObjectStore {
    const call = <T>(what: string, effect: () => T) =>
      network.call(life, { port: "objects", what, effect, failure, timeoutMs: TIMEOUT_MS });
    const keys = (prefix: string) => [...this.bodies.keys()].filter((key) => key.startsWith(prefix)).sort();
    const get = (key: string) => call(`GetObject ${key}`, () => this.bodies.get(key));
    return {
      put: (key, body) => call(`PutObject ${key}`, () => this.#put(requireKey(key), body)),
      get,
      delete: (key) => call(`DeleteObject ${key}`, () => void this.bodies.delete(key)),
      async *list(prefix): AsyncIterable<ObjectInfo> {
        for (const key of await call(`ListObjects ${prefix}`, () => keys(prefix)))
          yield { key, size: 1, modified: new Date(0) };
      },
      async *read(key) {
        const body = await get(key);
        if (body) yield body;
      },
    };
  }

  #put(key: string, body: Uint8Array): void {
    this.bodies.set(key, body);
    const text = Buffer.from(body).toString();
    if (key.startsWith(NEW_ERRORS)) this.newErrors.add((JSON.parse(text) as { service: string }).service);
    if (key.startsWith(REFUSED_ALERTS))
      this.refusedAlerts.add((JSON.parse(text) as { alert: { id: string } }).alert.id);
    if (!key.startsWith(DEAD_LETTERS)) return;
    for (const line of text.trimEnd().split("\n")) {
      const letter = deadLetterSchema.parse(JSON.parse(line));
      this.deadLetters.set(`${letter.shardId} ${letter.sequenceNumber} ${letter.index}`, letter.text ?? "");
    }
  }
}
