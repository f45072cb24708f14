import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { LlmAdvisor } from "../src/cause/llm/advisor.ts";
import { Budget } from "../src/cause/llm/budget.ts";
import { Model, type ModelOptions } from "../src/cause/llm/model.ts";
import { type Prompt, promptFor, type Question } from "../src/cause/llm/prompt.ts";
import { Tokenizer } from "../src/cause/llm/tokens.ts";
import { systemClock } from "../src/core/clock.ts";
import { SqliteStateStore } from "../src/state/sqlite.ts";
import { LlmServer, MOODS, sendJson, USABLE } from "./support/llm-server.ts";
import { temporaryFolder } from "./support/process.ts";

const QUESTION: Question = { service: "checkout", level: "ERROR", template: "pool of <NUM> is exhausted" };
const LIMITS = {
  maxCallsPerHour: 1_000,
  maxTokensPerHour: 1_000_000,
  maxUsdPerHour: 1_000,
  usdPerMillionInputTokens: 0.4,
  usdPerMillionOutputTokens: 1.6,
};

interface Setting {
  readonly limits?: Partial<typeof LIMITS>;
  readonly model?: Partial<ModelOptions>;
  readonly linkHosts?: string[];
}

async function setting({ limits = {}, model = {}, linkHosts = [] }: Setting = {}) {
  const { folder, remove } = await temporaryFolder();
  const server = new LlmServer();
  const baseUrl = await server.listen();
  const store = new SqliteStateStore(`${folder}/state.sqlite`);
  onTestFinished(async () => {
    await server.close();
    await store.close();
    await remove();
  });
  const clock = {
    ...systemClock,
    at: Date.UTC(2026, 0, 25, 1, 30),
    now: () => clock.at,
    monotonic: () => clock.at,
  };
  const calls: string[] = [];
  const said: string[] = [];
  const troubles: (string | undefined)[] = [];
  const budget = new Budget(store.notes, clock, { ...LIMITS, ...limits });
  const open = (over: Partial<ModelOptions> = {}) =>
    new LlmAdvisor({
      model: new Model({
        apiKey: "test-key",
        baseUrl,
        model: "test-model",
        timeoutMs: 20_000,
        attempts: 1,
        maxAnswerTokens: 600,
        firstBackoffMs: 1,
        budget,
        onCall: (result) => calls.push(result),
        ...model,
        ...over,
      }),
      modelName: "test-model",
      notes: store.notes,
      clock,
      log: pino({}, { write: (line: string) => void said.push(line) }),
      linkHosts,
      onTrouble: (text) => troubles.push(text),
    });
  return { server, advisor: open(), open, clock, calls, said, troubles, budget, store };
}

describe("a template", () => {
  it("is asked for once, over restarts and by many at once, also when nobody knows", async () => {
    const { server, advisor, open } = await setting();
    const expected = { cause: USABLE.cause, action: USABLE.action };
    const answers = await Promise.all([1, 2, 3].map(() => advisor.propose(QUESTION)));
    expect(answers).toEqual([expected, expected, expected]);
    expect(await open().propose(QUESTION)).toEqual(expected);
    expect(server.requests).toHaveLength(1);
    server.content = { known: false, cause: "", action: "", link: null };
    const other = { ...QUESTION, template: "something else" };
    expect(await advisor.propose(other)).toBeUndefined();
    expect(await open().propose(other)).toBeUndefined();
    expect(server.requests).toHaveLength(2);
  });

  it("is asked for as data of a strict schema, with the key and the model of the configuration", async () => {
    const { server, advisor } = await setting();
    await advisor.propose({ ...QUESTION, errorCode: "E-17" });
    expect(server.authorizations).toEqual(["Bearer test-key"]);
    const [request] = server.requests;
    expect(request).toMatchObject({
      model: "test-model",
      max_completion_tokens: 600,
      response_format: {
        type: "json_schema",
        json_schema: {
          strict: true,
          schema: { additionalProperties: false, required: ["known", "cause", "action", "link"] },
        },
      },
    });
    const [fence, data, end] = request?.messages[1]?.content.split("\n") ?? [];
    expect(fence).toMatch(/^LOG-DATA-[0-9a-f]{16}$/);
    expect(end).toBe(fence);
    expect(JSON.parse(data ?? "")).toEqual({
      service: "checkout",
      level: "ERROR",
      error_code: "E-17",
      template: "pool of <NUM> is exhausted",
      slots: ["NUM"],
    });
  });

  it("is asked for again when what was remembered is damaged", async () => {
    const { server, advisor, store } = await setting();
    const { hash } = promptFor(QUESTION, new Tokenizer("any"));
    for (const damaged of ["no JSON", '{"at":1}', '{"at":1,"proposal":{"cause":1}}']) {
      await store.notes.set(`llm-answer#test-model#${hash}`, damaged);
      expect(await advisor.propose(QUESTION)).toMatchObject({ cause: USABLE.cause });
    }
    expect(server.requests).toHaveLength(3);
  });
});

describe("secrets and names", () => {
  const tokenizer = new Tokenizer("key of a test, long enough");
  const template = "mail of kim@example.com by db-<NUM>.orders.internal failed, password=Tr0ub4dor";

  it("are tokens, always the same, that nobody can guess without the key", () => {
    const { text } = tokenizer.tokenize(template);
    expect(text).toMatch(
      /^mail of <EMAIL_[0-9a-f]{8}> by <HOST_[0-9a-f]{8}> failed, password=<SECRET_[0-9a-f]{8}>$/,
    );
    expect(tokenizer.tokenize(template).text).toBe(text);
    expect(new Tokenizer("another key of a test").tokenize(template).text).not.toBe(text);
    const [one, other] = ["a@example.com", "b@example.com"].map((to) => tokenizer.tokenize(`to ${to}`).text);
    expect(one).not.toBe(other);
  });

  it("come back as what people may see: names as they were, the rest as a placeholder", () => {
    const { text, restore } = tokenizer.tokenize(template);
    expect(restore(text)).toBe("mail of <email> by db-<NUM>.orders.internal failed, password=<secret>");
    expect(restore("<EMAIL_00000000> and <PRIVATE_KEY_11111111> were made up")).toBe(
      "<email> and <private-key> were made up",
    );
  });

  it("come back so in the proposal", async () => {
    const { server, advisor } = await setting();
    server.mood = (response, { messages }) => {
      const [token] = /<HOST_[0-9a-f]{8}>/.exec(messages[1]?.content ?? "") ?? [];
      const [mail] = /<EMAIL_[0-9a-f]{8}>/.exec(messages[1]?.content ?? "") ?? [];
      sendJson(response, 200, server.completion({ ...USABLE, cause: `${token} refuses ${mail}.` }));
    };
    const proposal = await advisor.propose({ ...QUESTION, template: template.replace("-<NUM>", "") });
    expect(proposal?.cause).toBe("db.orders.internal refuses [email].");
    expect(server.bodies.join()).not.toMatch(/kim@example|orders\.internal|Tr0ub4dor/);
  });
});

describe.each(MOODS)("a model that is $name", ({ mood, says, isPassing, isSilent }) => {
  it("gives no proposal, and says why", async () => {
    const { server, open, said, troubles } = await setting();
    const advisor = open(isSilent ? { timeoutMs: 100 } : {});
    server.mood = mood(server);
    const outcome = await advisor.propose(QUESTION).catch((error: Error) => error);
    const texts = [...said, ...troubles, outcome instanceof Error ? outcome.message : ""].join("\n");
    expect(texts).toMatch(says);
    expect(texts).not.toContain("test-key");
    expect(texts).not.toContain("exhausted");
    if (isPassing) expect(outcome).toBeInstanceOf(Error);
    else expect(outcome).toBeUndefined();
    // It is back: what may pass is asked again, the rest was answered.
    server.mood = undefined;
    const again = await (isSilent ? open() : advisor).propose(QUESTION);
    expect(again).toEqual(isPassing ? { cause: USABLE.cause, action: USABLE.action } : undefined);
    expect(server.requests).toHaveLength(isPassing ? 2 : 1);
  });
});

describe("trying again", () => {
  it("helps against what passes", async () => {
    const { server, advisor, calls } = await setting({ model: { attempts: 3 } });
    server.mood = (response) => {
      if (server.requests.length === 2) server.mood = undefined;
      sendJson(response, server.requests.length === 1 ? 500 : 429, {}, { "retry-after": "0" });
    };
    expect(await advisor.propose(QUESTION)).toMatchObject({ cause: USABLE.cause });
    expect(calls).toEqual(["failed", "busy", "answered"]);
  });

  it("ends after the attempts that are allowed, and does not happen for a key that is refused", async () => {
    const { server, advisor } = await setting({ model: { attempts: 3 } });
    server.mood = (response) => sendJson(response, 503, {});
    await expect(advisor.propose(QUESTION)).rejects.toThrow("answered 503");
    expect(server.requests).toHaveLength(3);
    server.mood = (response) => sendJson(response, 401, {});
    await expect(advisor.propose({ ...QUESTION, template: "else" })).rejects.toThrow("answered 401");
    expect(server.requests).toHaveLength(4);
  });
});

describe("the breaker", () => {
  it("leaves a model alone that failed five times in a row", async () => {
    const { server, advisor, calls, troubles } = await setting();
    server.mood = (response) => sendJson(response, 500, {});
    for (let i = 0; i < 8; i++) {
      await expect(advisor.propose({ ...QUESTION, template: `error ${"x".repeat(i)}` })).rejects.toThrow();
    }
    expect(server.requests).toHaveLength(5);
    expect(calls.slice(5)).toEqual(["breaker", "breaker", "breaker"]);
    expect(troubles.at(-1)).toContain("left alone for a minute");
  });
});

describe("the budget", () => {
  const ask = async (advisor: LlmAdvisor, count: number) => {
    const outcomes = [];
    for (let i = 0; i < count; i++) {
      const question = { ...QUESTION, template: `error ${"x".repeat(i)}` };
      outcomes.push(await advisor.propose(question).catch((error: Error) => error.message));
    }
    return outcomes.filter((outcome) => typeof outcome === "string");
  };

  it.each([
    ["calls", { maxCallsPerHour: 3 }, "the hour's budget of 3 calls is spent"],
    ["tokens", { maxTokensPerHour: 1_001 }, "the hour's budget of 1001 tokens is spent"],
    // 400 x 0.4 and 50 x 1.6 dollars a million: 0.00024 a call.
    ["money", { maxUsdPerHour: 0.0005 }, "the hour's budget of 0.0005 USD is spent"],
  ])("of %s ends the calls of an hour, over restarts", async (_, limits, says) => {
    const { server, advisor, open, clock } = await setting({ limits });
    expect(await ask(advisor, 5)).toEqual([says, says]);
    expect(server.requests).toHaveLength(3);
    expect(await ask(open(), 5)).toEqual([says, says]);
    clock.at += 3_600_000;
    expect(await ask(open(), 5)).toEqual([]);
    expect(server.requests).toHaveLength(5);
  });

  it("counts a call that does not say what it cost as if it had cost the most", async () => {
    const { server, advisor } = await setting({ limits: { maxTokensPerHour: 600 } });
    server.usage = null;
    expect(await ask(advisor, 2)).toEqual(["the hour's budget of 600 tokens is spent"]);
  });

  it("counts nothing for a call that was refused", async () => {
    const { server, advisor, budget } = await setting({ limits: { maxTokensPerHour: 1 } });
    server.mood = (response) => sendJson(response, 500, {});
    await expect(advisor.propose(QUESTION)).rejects.toThrow("answered 500");
    await expect(budget.claimCall()).resolves.toBeUndefined();
  });
});

describe("a link", () => {
  const linkOf = async (link: string | null) => {
    const { server, advisor } = await setting({ linkHosts: ["docs.example.org"] });
    server.content = { ...USABLE, link };
    return (await advisor.propose(QUESTION))?.link;
  };

  it("stays when it leads to a host that is allowed, without what it carries", async () => {
    expect(await linkOf("https://docs.example.org/pools?user=kim#top")).toBe(
      "https://docs.example.org/pools",
    );
  });

  it.each([
    null,
    "",
    "no link",
    "http://docs.example.org/",
    "https://docs.example.org.evil.example/",
    "https://evil.example/docs.example.org",
    "https://docs.example.org@evil.example/",
    "https://docs.example.org:8443/",
    "javascript:alert(1)",
  ])("goes otherwise: %j", async (link) => {
    expect(await linkOf(link)).toBeUndefined();
  });
});

it("the same question has the same hash, whatever it is asked with", () => {
  const hashes = [promptFor(QUESTION, new Tokenizer("one")), promptFor(QUESTION, new Tokenizer("two"))].map(
    ({ hash }: Prompt) => hash,
  );
  expect(hashes[0]).toBe(hashes[1]);
});
