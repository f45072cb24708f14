import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Logger, pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../src/core/clock.ts";
import type { Alert, Outbox, OutboxItem } from "../src/core/types.ts";
import { webhookDestination } from "../src/notify/slack/destination.ts";
import { IncidentBoard } from "../src/notify/slack/incident-board.ts";
import { SlackSender, type SlackSenderOptions } from "../src/notify/slack/sender.ts";

import { MemoryNotes } from "./support/memory-notes.ts";

/** An outbox in memory. */
class MemoryOutbox implements Outbox {
  items: OutboxItem[] = [];

  add(...alerts: Alert[]): void {
    this.items.push(...alerts.map((alert) => ({ id: alert.id, alert, state: "pending" as const })));
  }
  async pending(limit: number, takes = (_: Alert) => true): Promise<OutboxItem[]> {
    return this.items.filter(({ alert: one }) => takes(one)).slice(0, limit);
  }
  async markSending(ids: readonly string[]): Promise<void> {
    this.items = this.items.map((item) =>
      ids.includes(item.id) ? { ...item, state: "sending" as const } : item,
    );
  }
  async markSent(ids: readonly string[]): Promise<void> {
    this.items = this.items.filter((item) => !ids.includes(item.id));
  }
  async size(): Promise<number> {
    return this.items.length;
  }
}

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  /** Takes the message, and says nothing, or hangs up. */
  readonly instead?: "silence" | "hangup";
}

/** Answers in turn; the last one goes on. */
class Slack {
  answers: Answer[] = [{ status: 200 }];
  readonly posts: { body: string }[] = [];
  onPost = () => {};
  readonly #server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      this.posts.push({ body });
      this.onPost();
      const answer = (this.answers.length > 1 ? this.answers.shift() : this.answers[0]) ?? { status: 200 };
      if (answer.instead === "hangup") response.socket?.destroy();
      if (answer.instead) return;
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body ?? "ok");
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/services/T0/B0/the-secret`;
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const alert = (id: string, over: Partial<Alert> = {}): Alert => ({
  id,
  fingerprint: id,
  service: "payment",
  level: "ERROR",
  template: `pool ${id} is empty`,
  count: 1,
  total: 1,
  suppressed: 0,
  firstSeen: 0,
  lastSeen: 0,
  samples: [],
  isNew: true,
  muted: [],
  ...over,
});

let slack: Slack;
let url: string;
let outbox: MemoryOutbox;
let logged: string[];
let log: Logger;
let refused: { alert: Alert; reason: string }[];
let troubles: (string | undefined)[];
/** What the sender waited for, ms; each wait is over at once. */
let waits: number[];
beforeEach(async () => {
  slack = new Slack();
  url = await slack.start();
  outbox = new MemoryOutbox();
  logged = [];
  log = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });
  refused = [];
  troubles = [];
  waits = [];
});
afterEach(() => slack.stop());

const memoryBoard = () =>
  new IncidentBoard({
    notes: new MemoryNotes(),
    name: "default",
    resolvedAfterMs: 600_000,
    now: Date.now,
    lastLines: async () => new Map(),
  });

/** Sends until it waits and the outbox is empty, or what else is given. */
async function send({
  fallbackUrls = [],
  timeoutMs = 10_000,
  until = () => outbox.items.length === 0,
  stop = new AbortController(),
  ...options
}: Partial<SlackSenderOptions> & {
  fallbackUrls?: readonly string[];
  timeoutMs?: number;
  until?: () => boolean;
  stop?: AbortController;
} = {}) {
  const sender = new SlackSender({
    destinations: [url, ...fallbackUrls].map((one) => webhookDestination({ url: one, timeoutMs })),
    board: memoryBoard(),
    outbox,
    log,
    paceMs: 5,
    onRefused: async (one, reason) => void refused.push({ alert: one, reason }),
    onTrouble: (text) => void troubles.push(text),
    clock: {
      ...systemClock,
      async sleep(ms) {
        waits.push(ms);
        if (until()) stop.abort();
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
    ...options,
  });
  await sender.run(stop.signal);
}

const ids = () => slack.posts.map(({ body }) => [...body.matchAll(/alert `([^`]+)`/g)].map(([, id]) => id));
const isRepeat = (place: number) => slack.posts[place]?.body.includes("may be a repeat") ?? false;

describe("SlackSender", () => {
  it("sends each alert once, in order, and takes it out of the outbox", async () => {
    outbox.add(alert("a"), alert("b"), alert("c"));
    await send();
    expect(ids()).toEqual([["a"], ["b"], ["c"]]);
    expect(outbox.items).toEqual([]);
    expect(slack.posts.some((_, place) => isRepeat(place))).toBe(false);
  });

  it.each([403, 404, 410])(
    "goes to the fallback while the webhook answers %i, and back when it is mended",
    async (status) => {
      const fallback = new Slack();
      const fallbackUrl = await fallback.start();
      const diverted: (string | undefined)[] = [];
      slack.answers = [{ status }, { status }, { status: 200 }];
      outbox.add(alert("a"), alert("b"), alert("c"));
      await send({ fallbackUrls: [fallbackUrl], onDiverted: (text) => void diverted.push(text) });
      await fallback.stop();
      expect(fallback.posts.map(({ body }) => /alert `([^`]+)`/.exec(body)?.[1])).toEqual(["a", "b"]);
      expect(ids()).toEqual([["a"], ["b"], ["c"]]);
      expect(diverted[0]).toContain(`a fallback webhook: Slack answered ${status}`);
      expect(diverted.at(-1)).toBeUndefined();
      expect(troubles).toEqual([]);
      expect([...logged, ...diverted].join()).not.toContain("the-secret");
    },
  );

  it("keeps the pace", async () => {
    outbox.add(alert("a"), alert("b"), alert("c"));
    await send({ paceMs: 150 });
    expect(slack.posts).toHaveLength(3);
    expect(waits).toEqual([150, 150, 150]);
  });

  it("waits as long as Slack says, and marks no repeat", async () => {
    slack.answers = [{ status: 429, headers: { "retry-after": "1" } }, { status: 200 }];
    outbox.add(alert("a"));
    await send();
    expect(ids()).toEqual([["a"], ["a"]]);
    expect(waits).toEqual([1_000, 5]);
    expect(isRepeat(1)).toBe(false);
    expect(troubles).toEqual([expect.stringContaining("429"), undefined]);
  });

  it("sends again what failed on Slack's side, as a possible repeat under the same id", async () => {
    slack.answers = [{ status: 503, body: "later" }, { status: 200 }];
    outbox.add(alert("a"));
    await send();
    expect(ids()).toEqual([["a"], ["a"]]);
    expect([isRepeat(0), isRepeat(1)]).toEqual([false, true]);
  });

  it("sends again what got no answer, as a possible repeat", async () => {
    slack.answers = [{ status: 200, instead: "silence" }, { status: 200 }];
    outbox.add(alert("a"));
    await send({ timeoutMs: 100 });
    expect(isRepeat(1)).toBe(true);
    expect(logged.join()).toContain("no answer in time");
  });

  it("keeps what cannot be sent, and sends it when Slack is there again", async () => {
    await slack.stop();
    outbox.add(alert("a"));
    await send({ until: () => troubles.length > 0 });
    expect(outbox.items).toHaveLength(1);
    expect(troubles[0]).toContain("ECONNREFUSED");
    slack = new Slack();
    url = await slack.start();
    await send();
    expect(outbox.items).toEqual([]);
  });

  it("marks as a possible repeat what another process was sending", async () => {
    outbox.add(alert("a"), alert("b"));
    await outbox.markSending(["a"]);
    await send();
    expect([isRepeat(0), isRepeat(1)]).toEqual([true, false]);
  });

  it("sends as text what is refused as blocks, and keeps aside what is refused as text", async () => {
    const refusal = { status: 400, body: "invalid_blocks" };
    slack.answers = [refusal, refusal, { status: 200 }, refusal, refusal, refusal, { status: 200 }];
    outbox.add(alert("a"), alert("b"), alert("c"));
    await send();
    expect(outbox.items).toEqual([]);
    expect(JSON.parse(slack.posts[2]?.body ?? "{}")).not.toHaveProperty("blocks");
    expect(refused.map((one) => one.alert.id)).toEqual(["b"]);
    expect(ids().at(-1)).toEqual(["c"]);
  });

  it("marks as a possible repeat what got no answer when it was tried alone", async () => {
    slack.answers = [
      { status: 400, body: "invalid_blocks" },
      { status: 200, instead: "hangup" },
      { status: 200 },
    ];
    outbox.add(alert("a"));
    await send();
    expect([isRepeat(0), isRepeat(1), isRepeat(2)]).toEqual([false, false, true]);
  });

  it("still marks what may have arrived after Slack was busy", async () => {
    slack.answers = [{ status: 200, instead: "hangup" }, { status: 429 }, { status: 200 }];
    outbox.add(alert("a"));
    await send();
    expect([isRepeat(0), isRepeat(1), isRepeat(2)]).toEqual([false, true, true]);
  });

  it("names the alert, and a possible repeat, in plain text too", async () => {
    const refusal = { status: 400, body: "invalid_blocks" };
    slack.answers = [refusal, refusal, { status: 200 }];
    outbox.add(alert("a"));
    await outbox.markSending(["a"]);
    await send();
    expect(JSON.parse(slack.posts[2]?.body ?? "{}").text).toContain("(alert a, may be a repeat)");
  });

  it("takes a 200 that isn't Slack's for no answer", async () => {
    slack.answers = [{ status: 200, body: "<html>please log in</html>" }, { status: 200 }];
    outbox.add(alert("a"));
    await send();
    expect([isRepeat(0), isRepeat(1)]).toEqual([false, true]);
    expect(outbox.items).toEqual([]);
  });

  it("keeps the pace also when Slack says not to wait", async () => {
    slack.answers = [{ status: 429, headers: { "retry-after": "0" } }];
    outbox.add(alert("a"));
    await send({ paceMs: 100, until: () => slack.posts.length === 3 });
    expect(waits).toEqual([100, 100, 100]);
  });

  it("lets the next one pass when a message is refused for a reason nobody knows", async () => {
    const refusal = { status: 400, body: "something_new" };
    slack.answers = [refusal, refusal, refusal, { status: 200 }];
    outbox.add(alert("a"), alert("b"));
    await send();
    expect(refused.map((one) => one.alert.id)).toEqual(["a"]);
    expect(ids().at(-1)).toEqual(["b"]);
  });

  it("keeps everything while the webhook is refused", async () => {
    slack.answers = [{ status: 404, body: "no_service" }];
    outbox.add(alert("a"), alert("b"));
    await send({ until: () => troubles.length === 3 });
    expect(outbox.items).toHaveLength(2);
    expect(troubles[0]).toContain("404 no_service");
  });

  it("sends many together, every one with its id", async () => {
    outbox.add(...Array.from({ length: 30 }, (_, i) => alert(`id-${i}`)));
    await send();
    expect(slack.posts.length).toBeLessThan(10);
    expect(ids().flat().sort()).toEqual(Array.from({ length: 30 }, (_, i) => `id-${i}`).sort());
  });

  it("tries each alone when many together are refused, and none of them twice", async () => {
    slack.answers = [{ status: 400, body: "invalid_blocks" }, { status: 200 }];
    outbox.add(...Array.from({ length: 6 }, (_, i) => alert(`id-${i}`)));
    await send();
    expect(outbox.items).toEqual([]);
    expect(ids().slice(1).flat().sort()).toEqual(Array.from({ length: 6 }, (_, i) => `id-${i}`));
  });

  it("waits for the message in flight when it is stopped", async () => {
    outbox.add(alert("a"), alert("b"));
    const stop = new AbortController();
    slack.onPost = () => stop.abort();
    await send({ stop });
    expect(outbox.items.map(({ id }) => id)).toEqual(["b"]);
  });

  it("goes on when the outbox cannot be read for a while", async () => {
    const pending = outbox.pending.bind(outbox);
    let failures = 0;
    outbox.pending = async (limit) => {
      if (failures++ < 1) throw new Error("the state store is away");
      return pending(limit);
    };
    outbox.add(alert("a"));
    await send();
    expect(outbox.items).toEqual([]);
    expect(troubles[0]).toContain("the state store is away");
  });

  it("gives nobody the webhook's address", async () => {
    slack.answers = [
      { status: 404, body: "no_service" },
      { status: 500 },
      { status: 200, instead: "hangup" },
      { status: 200 },
    ];
    outbox.add(alert("a"));
    await send();
    await slack.stop();
    outbox.add(alert("b"));
    await send({ until: () => outbox.items.length === 0 || troubles.length > 6 });
    expect(logged.length).toBeGreaterThan(1);
    expect(logged.join() + troubles.join()).not.toContain("the-secret");
    slack = new Slack();
    await slack.start();
  });
});
