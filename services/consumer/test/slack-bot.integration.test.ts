import { expect, it } from "vitest";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";
import { APP_TOKEN, slackApi, BOT_TOKEN as TOKEN } from "./support/slack-api.ts";
import { alertsOf } from "./support/slack-server.ts";

/** A consumer with a bot, and how its Slack is asked. */
async function withBot(slack: Record<string, unknown> = {}) {
  const rig = await Rig.create();
  const { api, apiUrl } = await slackApi();
  const consumer = await rig.start({ slack: { botToken: TOKEN, channel: "#alerts", apiUrl, ...slack } });
  const put = (service: string, message: string) =>
    rig.kinesis.put(JSON.stringify(logRecord({ level: "ERROR", service, message })));
  return { rig, api, consumer, put };
}

it("an incident is one message: what follows is in its thread, and changes it until it is resolved", async () => {
  const { rig, api, put } = await withBot({ resolvedAfterMs: 8_000 });
  put("payment", "the pool has no free connection");
  await until("the incident", () => api.calls.length === 1);
  const [first] = api.calls;
  expect(first).toMatchObject({ method: "chat.postMessage", channel: "#alerts", token: `Bearer ${TOKEN}` });
  expect(first?.blocks).toContain("the pool has no free connection");
  put("payment", "the ledger is out of balance");
  await until("the update", () => api.calls.some(({ method }) => method === "chat.update"));
  expect(api.calls[1]).toMatchObject({ method: "chat.postMessage", channel: "C1", thread: "17.1" });
  expect(api.calls[1]?.blocks).toContain("the ledger is out of balance");
  const update = api.calls.find(({ method }) => method === "chat.update");
  expect(update).toMatchObject({ channel: "C1", ts: "17.1" });
  expect(update?.blocks).toContain("*Goes on* in payment");
  expect(update?.blocks).toContain("the pool has no free connection");
  await until("the end", () => api.calls.filter(({ method }) => method === "chat.update").length === 2);
  const [end, changed] = api.calls.slice(-2);
  expect(end).toMatchObject({ thread: "17.1", text: "✅ Resolved: payment" });
  expect(changed?.blocks).toContain("Resolved: payment");
  expect(rig.slack.posts).toEqual([]);
  expect(JSON.stringify(rig.said)).not.toContain("the-secret");
});

it("while the bot is refused its alerts go to the webhook, and the consumer says so", async () => {
  const { rig, api, consumer, put } = await withBot();
  api.answers = ["invalid_auth"];
  put("payment", "the pool has no free connection");
  await until("the alert", () => rig.slack.posts.length === 1);
  expect(alertsOf(rig.slack.posts)).toMatchObject([{ service: "payment" }]);
  await until("the trouble", () =>
    consumer.troubles().some((text) => text.includes("a fallback webhook: Slack answered invalid_auth")),
  );
  put("cart", "the coupon is unknown");
  await until("the next", () => api.calls.length === 1);
  await until("no trouble", () => consumer.troubles().length === 0);
});

it("a webhook hears of an incident's end when it had several alerts", async () => {
  const rig = await Rig.create();
  for (const message of ["no connection is free", "the ledger is out of balance"])
    rig.kinesis.put(JSON.stringify(logRecord({ level: "ERROR", service: "payment", message })));
  await rig.start({ slack: { resolvedAfterMs: 300 }, grouping: { groupWaitMs: 0 } });
  await until("the end", () => rig.slack.posts.some((post) => post.includes("Resolved: payment")));
  expect(rig.slack.posts.at(-1)).toContain("2 alerts with 2 lines");
});

it("with an app-level token alerts have buttons: an incident is acknowledged, and its group silent", async () => {
  const { rig, api, put } = await withBot({ appToken: APP_TOKEN });
  put("payment", "the pool has no free connection");
  await until("the incident", () => api.calls.length === 1 && api.sockets.length === 1);
  const blocks: { type: string; elements?: { action_id: string; value: string }[] }[] = JSON.parse(
    api.calls[0]?.blocks ?? "[]",
  );
  const buttons = blocks.find(({ type }) => type === "actions")?.elements ?? [];
  expect(buttons.map(({ action_id }) => action_id).slice(0, 2)).toEqual(["cali:acknowledge", "cali:silence"]);
  for (const { action_id: action, value } of buttons.slice(0, 2)) {
    const id = api.press({ action, value });
    await until("the answer", () => api.answered.includes(id));
  }
  await until("the message", () => api.calls.some(({ method }) => method === "chat.update"));
  const update = api.calls.find(({ method }) => method === "chat.update");
  expect(update).toMatchObject({ channel: "C1", ts: "17.1" });
  expect(update?.blocks).toContain("acknowledged by <@U0001>");
  const said = api.calls.filter(({ thread }) => thread === "17.1").map(({ text }) => text);
  expect(said).toEqual([
    "👀 Acknowledged by <@U0001>",
    expect.stringMatching(/^🔕 Silent until .* UTC, by <@U0001>$/),
  ]);
  expect(JSON.stringify(rig.said)).not.toContain("the-secret");
});
