import { describe, expect, it, onTestFinished } from "vitest";
import { idOf } from "../src/cause/knowledge/catalog.ts";
import { NEW_ERRORS, newErrorSchema } from "../src/cause/new-errors.ts";
import { LlmServer, MOODS, USABLE } from "./support/llm-server.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";

const error = (message: string) => JSON.stringify(logRecord({ level: "ERROR", message }));
describe("the consumer with a model", () => {
  async function rig() {
    const rig = await Rig.create();
    const llm = new LlmServer();
    const baseUrl = await llm.listen();
    onTestFinished(() => llm.close());
    const start = (over = {}) =>
      rig.start({ llm: { apiKey: "test-key", baseUrl, timeoutMs: 20_000, attempts: 1, ...over } });
    return { rig, llm, start };
  }

  it("alerts with what the model proposes, notes it with the new error, and counts what it cost", async () => {
    const {
      rig: { kinesis, slack, objects },
      start,
    } = await rig();
    const consumer = await start();
    kinesis.put(error("pool of 10 is exhausted"));
    await until("Slack has it", () => slack.posts.length === 1);
    expect(slack.posts[0]).toContain("proposed, not confirmed by a person");
    expect(slack.posts[0]).toContain(USABLE.cause);
    const keys = [];
    for await (const { key } of objects.list(NEW_ERRORS)) keys.push(key);
    const body = Buffer.from((await objects.get(keys[0] ?? "")) ?? []).toString();
    const { found } = newErrorSchema.parse(JSON.parse(body));
    expect(found).toEqual({ tier: "llm", proposal: { cause: USABLE.cause, action: USABLE.action } });
    const metrics = await (await fetch(`http://127.0.0.1:${consumer.port}/metrics`)).text();
    expect(metrics).toContain('cali_consumer_llm_calls_total{result="answered"} 1');
    expect(metrics).toContain('cali_consumer_llm_tokens_total{direction="input"} 400');
    expect(metrics).toContain("cali_consumer_llm_cost_usd_total 0.00024");
  });

  it("alerts without a cause when the hour's budget is spent, and says so", async () => {
    const {
      rig: { kinesis, slack },
      llm,
      start,
    } = await rig();
    const consumer = await start({ maxCallsPerHour: 0 });
    kinesis.put(error("pool of 10 is exhausted"));
    await until("Slack has it", () => slack.posts.length === 1);
    expect(slack.posts[0]).toContain("*Cause*\\nunknown");
    expect(llm.requests).toEqual([]);
    expect(consumer.troubles()).toEqual([
      "llm: no causes are proposed: the hour's budget of 0 calls is spent",
    ]);
    expect((await fetch(`http://127.0.0.1:${consumer.port}/readyz`)).status).toBe(200);
  });

  it("alerts without a cause when the knowledge base is damaged", async () => {
    const {
      rig: { kinesis, slack, objects, said },
      start,
    } = await rig();
    await objects.put(`knowledge/${idOf({ pattern: "it broke" })}.json`, Buffer.from("no JSON"));
    await start();
    kinesis.put(error("it broke"));
    await until("Slack has it", () => slack.posts.length === 1);
    expect(slack.posts[0]).toContain("*Cause*\\nunknown");
    expect(said.map(({ msg }) => msg)).toContain("looking for the cause failed");
  });

  const passing = MOODS.filter(({ isPassing, isSilent }) => isPassing && !isSilent);
  // Where it cannot be asked it is asked again, so one that is away has a consumer of its own.
  it.each([MOODS.filter(({ isPassing }) => !isPassing), ...passing.slice(0, 4).map((mood) => [mood])])(
    "alerts without a cause in whatever mood the model is: %#",
    async (...moods) => {
      const {
        rig: { kinesis, slack, said },
        llm,
        start,
      } = await rig();
      await start();
      for (const [place, { name, mood, says }] of moods.entries()) {
        llm.mood = mood(llm);
        said.length = 0;
        kinesis.put(error(`${"x".repeat(place + 1)} broke ${["alpha", "beta", "gamma"][place % 3]} ${name}`));
        await until(`Slack has it while the model is ${name}`, () => slack.posts.length > place);
        expect(slack.posts[place]).toContain("*Cause*\\nunknown");
        expect(JSON.stringify(said)).toMatch(says);
      }
    },
  );
});
