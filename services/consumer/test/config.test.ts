import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "@cali/settings";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { configKeys, loadConfig, parseConfig, secretsOf } from "../src/config/load.ts";
import { temporaryFolder } from "./support/process.ts";

const MINIMUM = {
  AWS_REGION: "eu-west-1",
  CALI_KINESIS_STREAM: "logs",
  CALI_STATE_FILE: "state.sqlite",
  CALI_OBJECTS_FOLDER: "objects",
};

async function yaml(text: string): Promise<string> {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  const file = join(folder, "consumer.yaml");
  await writeFile(file, text);
  return file;
}

it("takes everything from the environment, and fills in the defaults", () => {
  const config = loadConfig(undefined, { ...MINIMUM, CALI_KINESIS_POLL_INTERVAL_MS: "250" });
  expect(config).toMatchObject({
    region: "eu-west-1",
    kinesis: { stream: "logs", pollIntervalMs: 250, batchRecords: 10_000, initialPosition: "TRIM_HORIZON" },
    grouping: { groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 },
    http: { port: 8080 },
  });
});

it("puts the environment over the file", async () => {
  const file = await yaml(
    "region: us-east-1\nkinesis: { stream: from-file, batchRecords: 5 }\nstate: { file: a }\nobjects: { folder: b }\n" +
      "grouping:\n  dependencies: { checkout: [payment] }\n  silences:\n" +
      "    - { service: search, from: 2026-01-01T00:00:00Z, until: 2026-01-02T00:00:00+01:00, comment: moving }\n",
  );
  const config = loadConfig(file, { CALI_KINESIS_STREAM: "from-env", AWS_REGION: "eu-west-1" });
  expect(config.kinesis).toMatchObject({ stream: "from-env", batchRecords: 5 });
  expect(config.region).toBe("us-east-1");
  expect(config.grouping).toMatchObject({
    dependencies: { checkout: ["payment"] },
    silences: [{ service: "search", from: Date.UTC(2026, 0, 1), until: Date.UTC(2026, 0, 1, 23) }],
  });
  expect(parseConfig(config)).toEqual(config);
});

const ROUTES = [
  {
    services: ["payment"],
    levels: ["FATAL"],
    labels: { environment: ["prod"], errorCode: ["X"] },
    webhook: "payments",
  },
];

it("takes routes from the environment, and refuses one whose webhook there isn't, without showing an address", () => {
  const load = (routes: unknown, webhooks: unknown) =>
    loadConfig(undefined, {
      ...MINIMUM,
      CALI_SLACK_ROUTES: JSON.stringify(routes),
      CALI_SLACK_WEBHOOKS: JSON.stringify(webhooks),
    });
  const webhooks = { payments: "https://hooks.example.org/SECRET" };
  const config = load(ROUTES, webhooks);
  expect(config.slack).toMatchObject({ routes: ROUTES, webhooks });
  expect(secretsOf(config)).toContain(webhooks.payments);
  expect(() => load(ROUTES, { other: webhooks.payments })).toThrow(
    'slack.routes.0.webhook: given "payments"; allowed: one of slack.webhooks (other)',
  );
  expect(() => load(ROUTES, { payments: "SECRET" })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("SECRET") }),
  );
  expect(() => load([{ levels: ["INFO"], webhook: "payments" }], webhooks)).toThrow(
    "slack.routes.0.levels.0",
  );
});

it("takes a bot's token from the environment alone, and with a channel", () => {
  const token = "xoxb-1234567890-SECRET";
  const load = (env: NodeJS.ProcessEnv) => loadConfig(undefined, { ...MINIMUM, ...env });
  const config = load({ CALI_SLACK_BOT_TOKEN: token, CALI_SLACK_CHANNEL: "#alerts" });
  expect(secretsOf(config)).toContain(token);
  expect(() => load({ CALI_SLACK_BOT_TOKEN: token })).toThrow("slack.channel");
  expect(() => load({ CALI_SLACK_BOT_TOKEN: "xoxp-SECRET", CALI_SLACK_CHANNEL: "#alerts" })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("SECRET") }),
  );
});

it("takes the model's key from the environment alone, also by the name other programs know", () => {
  const keyOf = (env: NodeJS.ProcessEnv) => loadConfig(undefined, { ...MINIMUM, ...env }).llm.apiKey;
  expect(keyOf({})).toBeUndefined();
  expect(keyOf({ OPENAI_API_KEY: "a-key" })).toBe("a-key");
  expect(keyOf({ OPENAI_API_KEY: "a-key", CALI_LLM_API_KEY: "another" })).toBe("another");
  const { llm } = loadConfig(undefined, { ...MINIMUM, OPENAI_BASE_URL: "http://127.0.0.1:1/v1" });
  expect(llm).toMatchObject({ baseUrl: "http://127.0.0.1:1/v1", model: "gpt-4.1-mini", maxCallsPerHour: 60 });
});

it("refuses half a login at OpenSearch, and one that has no use", () => {
  const load = (env: NodeJS.ProcessEnv) => () => loadConfig(undefined, { ...MINIMUM, ...env });
  expect(load({ CALI_OPEN_SEARCH_AUTH: "basic", CALI_OPEN_SEARCH_USERNAME: "cali" })).toThrow(
    /openSearch\.password .*given nothing; allowed: one, since auth is basic/,
  );
  const useless = load({ CALI_OPEN_SEARCH_PASSWORD: "hidden" });
  expect(useless).toThrow(/PASSWORD: given \[redacted\]; allowed: none, since auth is aws/);
  expect(useless).not.toThrow(/hidden/);
});

it("says what the knowledge base's vectors need, and keeps Milvus' password to itself", () => {
  const load = (env: NodeJS.ProcessEnv) => () => loadConfig(undefined, { ...MINIMUM, ...env });
  expect(load({})().knowledge).toMatchObject({ vectors: "sqlite", embedder: "packaged", timeoutMs: 1_500 });
  expect(load({ CALI_KNOWLEDGE_VECTORS: "milvus" })).toThrow(
    /milvusAddress .*given nothing; allowed: one, since vectors is milvus/,
  );
  expect(load({ CALI_KNOWLEDGE_VECTORS: "none", CALI_KNOWLEDGE_FILE: "v" })).toThrow(
    /FILE: given "v"; allowed: none, since vectors is none/,
  );
  expect(load({ CALI_KNOWLEDGE_EMBEDDER: "openai" })).toThrow(
    /EMBEDDER: given "openai"; allowed: packaged, since there is no llm.apiKey/,
  );
  const milvus = { CALI_KNOWLEDGE_VECTORS: "milvus", CALI_KNOWLEDGE_MILVUS_ADDRESS: "milvus:19530" };
  const config = load({ ...milvus, CALI_KNOWLEDGE_MILVUS_PASSWORD: "hidden-password" })();
  expect(secretsOf(config)).toContain("hidden-password");
  expect(load({ ...milvus, CALI_KNOWLEDGE_MILVUS_ADDRESS: "ftp://x/y" })).toThrow(
    /MILVUS_ADDRESS: given "ftp/,
  );
});

it("reports every problem at once: where, given, allowed", async () => {
  const file = await yaml(
    "kinesis:\n  stream: logs\n  batchRecords: 20000\n  speed: 9\nstate: { file: a, table: bbb }\nslack:\n  webhookUrl: https://hooks.slack.com/services/T/B/SECRET\n",
  );
  const load = () =>
    loadConfig(file, {
      CALI_HTTP_PORT: "many",
      CALI_LOG_LEVEL: "loud",
      CALI_KINESIS_STREEM: "x",
      CALI_ENV: "dev",
    });
  expect(load).toThrow(/consumer\.yaml has \d+ problems/);
  const text = (() => {
    try {
      load();
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  })();
  for (const part of [
    /consumer\.yaml:3: kinesis\.batchRecords \(CALI_KINESIS_BATCH_RECORDS\): given 20000/,
    /consumer\.yaml:4: kinesis\.speed: given an unknown key; allowed: batchRecords, .*stream/,
    /consumer\.yaml:5: state: given \{"file":"a","table":"bbb"\}; allowed: one of state\.file and state\.table, not both/,
    /consumer\.yaml:7: slack\.webhookUrl .*: given a secret; allowed: only CALI_SLACK_WEBHOOK_URL or/,
    /CALI_HTTP_PORT: given "many"/,
    /CALI_LOG_LEVEL: given "loud"/,
    /CALI_KINESIS_STREEM: given an unknown variable; allowed: CALI_KINESIS_STREAM, /,
    /region \(CALI_REGION\): given nothing/,
    /objects.*: given nothing; allowed: one of objects\.folder and objects\.bucket/,
  ]) {
    expect(text).toMatch(part);
  }
  expect(text).not.toContain("SECRET");
  expect(text).not.toContain("CALI_ENV");
});

it("takes a secret from a file, and never shows one", async () => {
  const file = await yaml("https://hooks.slack.com/services/T/B/SECRET\n");
  const config = loadConfig(undefined, { ...MINIMUM, CALI_SLACK_WEBHOOK_URL_FILE: file });
  expect(config.slack.webhookUrl).toBe("https://hooks.slack.com/services/T/B/SECRET");
  expect(() => loadConfig(undefined, { ...MINIMUM, CALI_SLACK_WEBHOOK_URL: "SECRET" })).toThrow(
    /CALI_SLACK_WEBHOOK_URL: given \[redacted\]/,
  );
  expect(() => loadConfig(undefined, { ...MINIMUM, CALI_SLACK_WEBHOOK_URL_FILE: "/none" })).toThrow(
    /CALI_SLACK_WEBHOOK_URL_FILE: given "\/none"; allowed: a file that can be read \(ENOENT\)/,
  );
});

it.each([
  ["broken: [", "consumer.yaml:1: (whole file): given a line that is indented"],
  ["a: 1\na: 2", "allowed: YAML with each key once"],
  ["- list", "allowed: a map of region, kinesis"],
])("refuses %j with its place", async (text, message) => {
  const file = await yaml(text);
  expect(() => loadConfig(file, {})).toThrow(message);
});

it("throws nothing but its own error, whatever it is given", () => {
  fc.assert(
    fc.property(fc.anything(), (input) => {
      try {
        parseConfig(input);
      } catch (error) {
        expect((error as Error).name).toBe("ConfigError");
      }
    }),
  );
});

it("documents every key, with its unit or its default", () => {
  for (const { key, description } of configKeys()) {
    expect(`${key}: ${description}`).toMatch(/Default: |Required|required|Either this or/);
  }
});

describe("a broken file", () => {
  const loaded = async (text: string) => {
    const { folder, remove } = await temporaryFolder();
    onTestFinished(remove);
    const file = join(folder, "consumer.yaml");
    await writeFile(file, text);
    try {
      loadConfig(file, {});
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      const { message } = error as Error;
      expect(message).not.toMatch(
        /Invalid (?:input|option|string|key)|Too (?:small|big)|expected|received|discriminator|in block collection/,
      );
      return message.replaceAll(file, "consumer.yaml");
    }
    throw new Error("it was taken");
  };

  const tens = (name: string) => `[${Array(10).fill(name).join(", ")}]`;
  it.each([
    [
      "an alias bomb",
      `a: &a ${tens("x")}\nb: &b ${tens("*a")}\nc: &c ${tens("*b")}\nd: ${tens("*c")}\n`,
      /at most 100 aliases/,
    ],
    ["an unknown alias", "region: *nothing\n", /the anchor first/],
    [
      "brackets that stay open",
      "kinesis: { stream: a\nregion: x\n",
      /consumer\.yaml:\d: \(whole file\): given a/,
    ],
    [
      "a key twice",
      "region: a\nregion: b\n",
      /consumer\.yaml:2: \(whole file\): given a key that is there already/,
    ],
    ["a tab", "kinesis:\n\tstream: a\n", /given a tab in front of a key/],
    ["a number for a text", "region: 5\n", /region \(CALI_REGION\): given 5; allowed: a text/],
    ["a text for a number", "slack: { timeoutMs: x }\n", /given "x"; allowed: a number/],
    ["too little", "limits: { templates: 5 }\n", /given 5; allowed: a number of at least 100/],
    ["no such choice", "log: { level: loud }\n", /allowed: one of debug, info, warn, error, silent/],
    ["a value for a section", "http: 3\n", /http: given 3; allowed: a section/],
    [
      "nothing for a section",
      "region: x\n",
      /kinesis\.stream .*given nothing.*write kinesis: \{ stream: … \}/,
    ],
  ])("says plainly: %s", async (_, text, said) => {
    expect(await loaded(text)).toMatch(said);
  });

  it("is refused in plain words whatever it holds", async () => {
    const value = fc.oneof(
      fc.constantFrom("x", 5, true, null, [], {}, [1], { a: 1 }),
      fc.string({ maxLength: 5 }),
    );
    const section = fc.constantFrom(
      "region",
      "kinesis",
      "state",
      "slack",
      "log",
      "http",
      "redaction",
      "grouping",
      "llm",
    );
    await fc.assert(
      fc.asyncProperty(section, value, async (name, given) => {
        const message = await loaded(JSON.stringify({ [name]: given }));
        expect(message).toMatch(/given .*allowed/);
      }),
      { numRuns: 60 },
    );
  });
});
