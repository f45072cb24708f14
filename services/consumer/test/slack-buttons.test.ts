import { Bot } from "@cali/slack";
import fc from "fast-check";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { type CatalogEntry, entrySchema, idOf } from "../src/cause/knowledge/catalog.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { Votes } from "../src/cause/knowledge/votes.ts";
import { systemClock } from "../src/core/clock.ts";
import { SILENCES } from "../src/notify/silences.ts";
import { Acknowledgements } from "../src/notify/slack/acknowledgements.ts";
import { ACTIONS } from "../src/notify/slack/buttons/blocks.ts";
import { ButtonListener } from "../src/notify/slack/buttons/listener.ts";
import { pressOf } from "../src/notify/slack/buttons/press.ts";
import { MemoryNotes } from "./support/memory-notes.ts";
import { MemoryObjectStore } from "./support/memory-objects.ts";
import { until } from "./support/process.ts";
import { APP_TOKEN, BOT_TOKEN, slackApi, TEAM } from "./support/slack-api.ts";

const ALERT = "0123456789abcdef-mx0c0f0r-1";
const SILENCE = `${SILENCES}0123456789abcdef.json`;
const ENTRY: CatalogEntry = entrySchema.parse({
  id: idOf({ pattern: "the pool is empty" }),
  pattern: "the pool is empty",
  cause: "too few connections",
  action: "raise the limit",
  origin: "learned",
  state: "proposed",
  createdAt: "2026-01-25T00:00:00.000Z",
});

/** A listener that is connected to a Slack of its own. */
async function listening(users: readonly string[] = []) {
  const { api, apiUrl } = await slackApi();
  const [notes, objects] = [new MemoryNotes(), new MemoryObjectStore()];
  const catalog = new ObjectCatalog(objects);
  await catalog.put([ENTRY]);
  const said: string[] = [];
  const troubles: (string | undefined)[] = [];
  const shown: string[] = [];
  const stopping = new AbortController();
  const listener = new ButtonListener({
    appToken: APP_TOKEN,
    apiUrl,
    timeoutMs: 5_000,
    bot: new Bot({ token: BOT_TOKEN, channel: "#alerts", apiUrl }),
    users,
    objects,
    acknowledgements: new Acknowledgements(notes),
    votes: new Votes(notes, catalog),
    now: () => Date.now(),
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal) },
    log: pino({}, { write: (line: string) => void said.push(line) }),
    showAcknowledged: async (incident) => void shown.push(incident),
    onTrouble: (text) => void troubles.push(text),
  });
  const running = listener.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
    expect(said.join("")).not.toContain("the-secret");
  });
  await until("the connection", () => troubles.length > 0);
  const pressed = async (press: Parameters<typeof api.press>[0]) => {
    const id = api.press(press);
    await until("the answer", () => api.answered.includes(id));
  };
  const texts = () => api.calls.map(({ text }) => text).filter(Boolean);
  return { api, notes, objects, catalog, said, troubles, shown, pressed, texts };
}

it("what was acknowledged is kept before Slack is answered, once, and its message shows it", async () => {
  const { api, notes, shown, pressed, texts } = await listening();
  await pressed({ action: ACTIONS.acknowledge, value: ALERT });
  expect(JSON.parse(notes.values.get("slack/acknowledged") ?? "")).toMatchObject([
    { incident: ALERT, user: "U0001" },
  ]);
  await until("the message", () => shown.length === 1);
  await pressed({ action: ACTIONS.acknowledge, value: ALERT, user: "U0002" });
  await pressed({ action: ACTIONS.acknowledge, value: "another text" });
  await until("the refusal", () => texts().length === 2);
  expect(texts()).toEqual(["👀 Acknowledged by <@U0001>", "This button is of no alert."]);
  expect(api.calls.find(({ method }) => method === "chat.postMessage")).toMatchObject({
    channel: "C1",
    thread: "17.1",
  });
});

it("a silence lasts an hour from when the button was pressed, and makes none shorter", async () => {
  const { objects, pressed, texts } = await listening();
  const at = Date.now() - 1_000;
  await pressed({ action: ACTIONS.silence, value: ALERT, at });
  const silence = () => JSON.parse(Buffer.from(objects.bodies.get(SILENCE) ?? []).toString());
  expect(silence()).toEqual({ fingerprint: "0123456789abcdef", from: at, until: at + 3_600_000 });
  // Sent again, as Slack does after a connection was lost.
  await pressed({ action: ACTIONS.silence, value: ALERT, at });
  const longer = { fingerprint: "0123456789abcdef", from: at - 1, until: at + 9_000_000 };
  await objects.put(SILENCE, Buffer.from(JSON.stringify(longer)));
  await pressed({ action: ACTIONS.silence, value: ALERT });
  expect(silence()).toEqual(longer);
  await pressed({ action: ACTIONS.silence, value: ALERT, at: at - 4_000_000 });
  await until("the refusal", () => texts().length === 2);
  expect(texts()).toEqual([
    expect.stringMatching(/^🔕 Silent until .* UTC, by <@U0001>$/),
    "It was pressed more than an hour ago: nothing is silenced.",
  ]);
});

it("each person has one vote on a cause, the last one", async () => {
  const { catalog, pressed, texts } = await listening();
  const vote = (action: string, user: string) => pressed({ action, value: ENTRY.id, user });
  await vote(ACTIONS.confirm, "U0001");
  await vote(ACTIONS.confirm, "U0001");
  expect(await catalog.get(ENTRY.id)).toMatchObject({
    state: "confirmed",
    votes: { confirmed: 1, rejected: 0 },
  });
  await vote(ACTIONS.reject, "U0001");
  expect(await catalog.get(ENTRY.id)).toMatchObject({
    state: "rejected",
    votes: { confirmed: 0, rejected: 1 },
  });
  await vote(ACTIONS.confirm, "U0002");
  await vote(ACTIONS.confirm, "U0003");
  expect(await catalog.get(ENTRY.id)).toMatchObject({
    state: "confirmed",
    votes: { confirmed: 2, rejected: 1 },
  });
  await pressed({ action: ACTIONS.confirm, value: "ffffffffffffffff" });
  await until("the refusal", () => texts().length === 5);
  expect(texts().slice(-2)).toEqual([
    "✅ <@U0003> says that the cause is right (2 right, 1 wrong): it is confirmed",
    "The knowledge base has no such cause any more.",
  ]);
});

it("a vote that was cut off is finished by the next, and counts once", async () => {
  const { notes, catalog, pressed } = await listening();
  const votes = { confirmed: 0, rejected: 1 };
  const cutOff = { users: { U0009: "rejected" }, pending: { state: "rejected", votes } };
  notes.values.set(`slack/votes/${ENTRY.id}`, JSON.stringify(cutOff));
  await pressed({ action: ACTIONS.reject, value: ENTRY.id, user: "U0009" });
  expect(await catalog.get(ENTRY.id)).toMatchObject({ state: "rejected", votes });
});

it("who is of another workspace, or not among those who may, changes nothing and hears why", async () => {
  const { api, notes, objects, pressed } = await listening(["U0001"]);
  await pressed({ action: ACTIONS.acknowledge, value: ALERT, user: "U0666" });
  await pressed({ action: ACTIONS.silence, value: ALERT, team: "T0666" });
  await until(
    "the refusals",
    () => api.calls.filter(({ method }) => method === "chat.postEphemeral").length === 2,
  );
  expect([...notes.values.keys()]).toEqual([]);
  expect(objects.bodies.has(SILENCE)).toBe(false);
  await pressed({ action: ACTIONS.acknowledge, value: ALERT });
  expect(notes.values.size).toBe(1);
});

it("what cannot be kept is not answered, so that Slack says so, and works when it is pressed again", async () => {
  const { api, objects, said, pressed } = await listening();
  objects.failure = new Error("the disk is full");
  const failed = api.press({ action: ACTIONS.silence, value: ALERT });
  await until("the warning", () => said.some((line) => line.includes("the disk is full")));
  expect(api.answered).not.toContain(failed);
  objects.failure = undefined;
  await pressed({ action: ACTIONS.silence, value: ALERT });
  expect(objects.bodies.has(SILENCE)).toBe(true);
});

it("it connects again when Slack ends a connection, loses it or refuses the token for a while", async () => {
  const { api, notes, troubles, pressed } = await listening();
  api.sockets[0]?.send(JSON.stringify({ type: "disconnect", reason: "refresh_requested" }));
  await until("the second", () => api.opened === 2 && api.sockets.length === 1 && troubles.length === 2);
  api.refusals = ["invalid_auth", "internal_error"];
  api.sockets[0]?.terminate();
  await until("the third", () => api.opened === 5 && troubles.at(-1) === undefined);
  expect(troubles).toContain("buttons do nothing: Slack answered invalid_auth");
  await pressed({ action: ACTIONS.acknowledge, value: ALERT });
  expect(notes.values.size).toBe(1);
});

it("whatever Slack or anybody else sends, it is a press of an alert's button or nothing", async () => {
  const { api, notes, objects, pressed } = await listening();
  const before = objects.bodies.size;
  const odd = [
    null,
    1,
    "text",
    [],
    {},
    { type: "block_actions" },
    { type: "view_submission", team: { id: TEAM } },
  ];
  for (const one of odd) api.sendInteraction(one);
  api.sockets[0]?.send("no JSON");
  await pressed({ action: "another:button", value: ALERT });
  expect([notes.values.size, objects.bodies.size]).toEqual([0, before]);
  fc.assert(fc.property(fc.jsonValue(), (body) => pressOf(body) === undefined));
});
