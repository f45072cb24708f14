import { expect, it, onTestFinished } from "vitest";
import { ATTACKS } from "./support/attacks.ts";
import { BulkServer } from "./support/bulk-server.ts";
import { LlmServer, sendJson, USABLE } from "./support/llm-server.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { caseLines, type RedactionLine, secretLines } from "./support/redaction-lines.ts";
import { Rig } from "./support/rig.ts";
import { SECRET_LINES } from "./support/secrets.ts";

/** So many services fail for the first time before they are taken for services without end. */
const SERVICES = 150;

/** The whole consumer between a Kinesis and everybody it sends something to; all bodies that those received. */
async function boundaries() {
  const rig = await Rig.create();
  const [llm, openSearch] = [new LlmServer(), new BulkServer()];
  const [baseUrl, endpoint] = [await llm.listen(), await openSearch.listen()];
  onTestFinished(async () => {
    await llm.close();
    await openSearch.close();
  });
  // A model that was taken over: it repeats whatever it is given.
  llm.mood = (response, { messages }) => {
    const data = JSON.parse(messages[1]?.content.split("\n")[1] ?? "");
    sendJson(response, 200, llm.completion({ ...USABLE, cause: data.template, action: data.template }));
  };
  const consumer = await rig.start({
    llm: { apiKey: "test-key", baseUrl, maxCallsPerHour: 1_000, maxTokensPerHour: 1e9, maxUsdPerHour: 1_000 },
    openSearch: { endpoint, auth: "none" },
    // Each alone: a digest shows no samples and no causes.
    slack: { digestAbove: 11, paceMs: 0 },
  });
  let put = 0;
  /** As a line of a service of its own, so that each is an alert. */
  const log = (text: string) => {
    put++;
    const message = text.replaceAll(/[\r\n]+/g, " ");
    const record = logRecord({ level: "ERROR", service: `service-${put}`, message, log_content: text });
    rig.kinesis.put(JSON.stringify(record));
  };
  const all = async () => {
    await until("every line is indexed", () => openSearch.documents.size >= put);
    await until("every alert was sent", async () => (await consumer.counters()).outbox === 0);
    expect((await consumer.counters()).alerts).toBe(put);
  };
  return { rig, llm, openSearch, log, all };
}

/** What everybody received of these lines: a consumer each for some of them, and those few at a time, so that Slack is sent most one by one. */
async function receivedOf(lines: readonly string[]) {
  const received = { model: [], Slack: [], OpenSearch: [], "new_errors/": [], "the own log": [] } as Record<
    "model" | "Slack" | "OpenSearch" | "new_errors/" | "the own log",
    string[]
  >;
  for (let from = 0; from < lines.length; from += SERVICES) {
    const { rig, llm, openSearch, log, all } = await boundaries();
    for (const [place, line] of lines.slice(from, from + SERVICES).entries()) {
      log(line);
      if (place % 8 === 7) await until("they are sent", () => openSearch.documents.size >= place);
    }
    await all();
    for await (const { key } of rig.objects.list("new_errors/")) {
      received["new_errors/"].push(Buffer.from((await rig.objects.get(key)) ?? []).toString());
    }
    received.model.push(...llm.bodies);
    received.Slack.push(...rig.slack.posts);
    received.OpenSearch.push(...openSearch.bodies);
    received["the own log"].push(...rig.said.map((entry) => JSON.stringify(entry)));
  }
  return received;
}

/** A short number may be part of an id or of a time by chance. */
const holds = (text: string, part: string) =>
  part.length >= 8
    ? text.includes(part)
    : new RegExp(`(?<![0-9a-z.:-])${part}(?![0-9a-z.:-])`, "i").test(text);

it("no secret of 250 lines and more leaves for the model, Slack or OpenSearch", async () => {
  const { model, Slack, OpenSearch } = await receivedOf(SECRET_LINES.map(({ line }) => line));
  const received = { model, Slack, OpenSearch };
  // Those whose templates differ were asked about, all notified and indexed: there was something to find.
  expect(model.length).toBeGreaterThan(150);
  expect(Slack.length).toBeGreaterThan(50);
  for (const [whom, bodies] of Object.entries(received)) {
    const text = bodies.join("\n");
    for (const { line, secret } of SECRET_LINES) {
      for (const part of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
        expect(holds(text, part), `${whom} received what is secret in ${line}`).toBe(false);
      }
    }
  }
});

it("no secret of lines of real formats leaves for the model, Slack, OpenSearch, new_errors/ or the own log", async () => {
  const cases = caseLines().filter(({ family, hard }) => family !== "plain" && !hard);
  const lines: RedactionLine[] = [...cases, ...secretLines()];
  const received = await receivedOf(lines.map(({ line }) => line));
  for (const bodies of Object.values(received)) expect(bodies.length).toBeGreaterThan(5);
  const left: string[] = [];
  for (const [whom, bodies] of Object.entries(received)) {
    const text = bodies.join("\n");
    for (const { kind, secrets } of lines) {
      for (const secret of secrets) {
        for (const part of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
          if (holds(text, part)) left.push(`${whom}: ${kind}`);
        }
      }
    }
  }
  expect(left).toEqual([]);
});

it("no attack pings, links or breaks out, though the model repeats whatever it is given", async () => {
  const { rig, llm, openSearch, log, all } = await boundaries();
  for (const { line } of ATTACKS) log(line.toWellFormed());
  await all();
  for (const { messages } of llm.requests) {
    expect(messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(messages[0]?.content).toBe(llm.requests[0]?.messages[0]?.content);
    const [fence, data, end, ...more] = messages[1]?.content.split("\n") ?? [];
    expect([fence, end, more]).toEqual([expect.stringMatching(/^LOG-DATA-[0-9a-f]{16}$/), fence, []]);
    expect(JSON.parse(data ?? "").template).toBeTypeOf("string");
  }
  for (const post of rig.slack.posts) {
    const { text, blocks } = JSON.parse(post);
    for (const said of [text, ...markupOf(blocks)]) {
      expect(said).not.toMatch(/<[!@#]|<https?:|@(channel|here|everyone)/i);
    }
    expect(JSON.stringify(blocks)).not.toMatch(/"type":"(actions|image|button|input)"/);
  }
  // As many documents as lines: none made, changed or removed another.
  expect(openSearch.documents.size).toBe(ATTACKS.length);
  for (const [id, document] of openSearch.documents) expect(document.alert_id).toBe(id);
});

/** Texts in which Slack reads markup. What a `rich_text` block says is text, whatever stands there. */
function markupOf(block: unknown): string[] {
  if (Array.isArray(block)) return block.flatMap(markupOf);
  if (typeof block !== "object" || block === null) return [];
  if ("type" in block && block.type === "rich_text") return [];
  if ("type" in block && block.type === "mrkdwn" && "text" in block) return [String(block.text)];
  return Object.values(block).flatMap(markupOf);
}
