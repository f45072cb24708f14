import { Bot, SlackPostError } from "@cali/slack";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Alert } from "../src/core/types.ts";
import { renderAlert } from "../src/notify/slack/alert-message.ts";
import { webhookDestination } from "../src/notify/slack/destination.ts";
import { IncidentBoard } from "../src/notify/slack/incident-board.ts";
import { MemoryNotes } from "./support/memory-notes.ts";
import { slackApi, BOT_TOKEN as TOKEN } from "./support/slack-api.ts";
import { SlackServer } from "./support/slack-server.ts";
import { alert as alertWith } from "./support/state-contract.ts";

describe("the bot", () => {
  it.each<[string | number, SlackPostError["kind"]]>([
    ["invalid_auth", "refused-webhook"],
    ["channel_not_found", "refused-webhook"],
    ["not_in_channel", "refused-webhook"],
    ["is_archived", "refused-webhook"],
    ["missing_scope", "refused-webhook"],
    ["invalid_blocks", "refused-message"],
    ["msg_too_long", "refused-message"],
    ["internal_error", "unclear"],
    [503, "unclear"],
    [403, "refused-webhook"],
    [429, "busy"],
  ])("says of the answer %j that it is %s, without its token", async (answer, kind) => {
    const { api, apiUrl } = await slackApi();
    api.answers = [answer];
    const post = new Bot({ token: TOKEN, channel: "C1", apiUrl }).post({ text: "hello" });
    const error = await post.catch((one: unknown) => one);
    expect(error).toBeInstanceOf(SlackPostError);
    expect(error).toMatchObject({ kind, ...(answer === 429 && { retryAfterMs: 1_000 }) });
    expect(String((error as Error).stack)).not.toContain("the-secret");
  });

  it("says that nothing arrived where nobody listens", async () => {
    const { api, apiUrl } = await slackApi();
    await api.close();
    const post = new Bot({ token: TOKEN, channel: "C1", apiUrl }).post({ text: "hello" });
    await expect(post).rejects.toMatchObject({ kind: "unreachable" });
  });
});

describe("an incident that was notified", () => {
  const incident = { id: "i", services: ["payment"] };
  const at = (over: Partial<Alert>): Alert => ({ ...alertWith("a"), incident, ...over });

  it("is quiet when neither alerts nor lines came for a while, until it is resolved", async () => {
    let now = 0;
    let lastLine = 0;
    const notes = new MemoryNotes();
    const make = () =>
      new IncidentBoard({
        notes,
        name: "default",
        resolvedAfterMs: 100,
        now: () => now,
        lastLines: async () => new Map([["f", lastLine]]),
      });
    const board = make();
    await board.note([at({ fingerprint: "f", count: 3 }), at({ level: "FATAL", service: "cart" })]);
    expect(await board.quiet()).toEqual([]);
    now = 150;
    lastLine = 90;
    expect(await board.quiet()).toEqual([]);
    now = 200;
    // Another process goes on with it.
    const [quiet] = await make().quiet();
    expect(quiet).toMatchObject({
      id: "i",
      alerts: 2,
      lines: 4,
      level: "FATAL",
      services: expect.arrayContaining(["cart"]),
    });
    await board.resolved("i");
    expect(await make().quiet()).toEqual([]);
  });

  it("has the first message of its own, also where a place is used again", async () => {
    const notes = new MemoryNotes();
    const options = { notes, name: "a", resolvedAfterMs: 1, now: () => 0, lastLines: async () => new Map() };
    const board = new IncidentBoard(options);
    await board.keepFirst("i", "first");
    expect(await board.first("i")).toBe("first");
    await board.resolved("i");
    expect(await board.first("i")).toBeUndefined();
    await board.note([at({ incident: { id: "j", services: [] } })]);
    expect(await board.first("j")).toBeUndefined();
    for (let place = 0; place < 150; place++) await board.keepFirst(`n${place}`, `text ${place}`);
    expect(await board.first("n149")).toBe("text 149");
    expect(await board.first("n0")).toBeUndefined();
    expect(notes.values.size).toBeLessThan(120);
  });
});

it("a webhook is sent no buttons: nobody would hear of them", async () => {
  const slack = new SlackServer();
  const url = await slack.listen();
  onTestFinished(() => slack.close());
  const message = renderAlert({ ...alertWith("a"), samples: ["a line"] }, { buttons: true });
  expect(message.blocks.some(({ type }) => type === "actions")).toBe(true);
  await webhookDestination({ url, timeoutMs: 10_000 }).post(message, { alerts: [], status: "" });
  const [post = "{}"] = slack.posts;
  expect(JSON.parse(post).blocks.length).toBe(message.blocks.length - 1);
  expect(post).not.toContain('"actions"');
});
