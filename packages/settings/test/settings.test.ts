import fc from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";
import { ConfigError, check, keysAt, loadSettings, parseSettings, parseYaml } from "../src/index.ts";

const schema = z.strictObject({
  name: z.string().min(2).max(20).describe("What it is called."),
  slack: z.strictObject({ webhookUrl: z.url().optional(), pace: z.int().default(1) }).prefault({}),
  hosts: z.array(z.strictObject({ port: z.int().min(1) }).or(z.literal("none"))).default([]),
});
const form = { schema, prefix: "CALI", secrets: ["slack.webhookUrl"], fallbacks: { CALI_NAME: "HOSTNAME" } };
const messageOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  return "taken";
};
const said = (text: string) => messageOf(() => parseSettings(schema, parseYaml(text, "x.yaml")));

it.each([
  ["name: a\n", 'x.yaml:1: name: given "a"; allowed: a text of at least 2 characters (What it is called.)'],
  ["slack: {}\n", "x.yaml: name: given nothing; allowed: a text (What it is called.); write name: …"],
  ["name: ab\nhosts:\n  - port: 0\n", "x.yaml:3: hosts.0.port: given 0; allowed: a number of at least 1"],
  ["name: ab\nhosts: [5]\n", "x.yaml:2: hosts.0: given 5; allowed: a section with keys of its own, or none"],
  ["name: ab\nhosts:\n  - { prt: 1, port: 1 }\n", "hosts.0.prt: given an unknown key; allowed: port"],
  ["name: ab\nslack:\n  - 1\n", "x.yaml:2: slack: given [1]; allowed: a section with keys of its own"],
])("says of %j where, what is given and what is allowed", (text, problem) => {
  expect(said(text)).toContain(problem);
});

it("knows the keys below lists and unions", () => {
  expect(keysAt(schema, ["hosts", 3])).toEqual(["port"]);
  expect(keysAt(schema, ["slack"])).toEqual(["pace", "webhookUrl"]);
  expect(keysAt(schema, ["name", "first"])).toEqual([]);
});

it("shows no secret, nor what holds one", () => {
  const secret = "https://hooks.slack.com/services/T/B/SECRET";
  const values = [{ webhookUrl: `<${secret}>` }, { webhookUrl: [secret] }, [{ webhookUrl: secret }]];
  for (const slack of values) {
    const checked = check(schema, { name: "ab", slack }, form.secrets);
    expect(checked).toMatchObject({ ok: false });
    expect(JSON.stringify(checked)).not.toContain("SECRET");
  }
  const env = { CALI_NAME: "a", CALI_SLACK_PACE: "fast", CALI_SLACK_WEBHOOK_URL: "SECRET" };
  const message = messageOf(() => loadSettings(form, undefined, env));
  expect(message).toContain("the configuration has 3 problems");
  expect(message).toContain('CALI_SLACK_PACE: given "fast"; allowed: a number');
  expect(message).toContain("CALI_SLACK_WEBHOOK_URL: given [redacted]; allowed: an address");
  expect(message).not.toContain("SECRET");
});

it("takes from the environment what no file says, by the names of others too", () => {
  expect(loadSettings(form, undefined, { HOSTNAME: "host", CALI_SLACK_PACE: "5" })).toEqual({
    name: "host",
    slack: { pace: 5 },
    hosts: [],
  });
});

it("takes lists and maps from the environment as JSON, and shows nothing of one that is a secret", () => {
  const withMaps = {
    ...form,
    schema: schema.extend({ tokens: z.record(z.string(), z.url()).default({}) }),
    secrets: ["tokens"],
  };
  const load = (env: NodeJS.ProcessEnv) => loadSettings(withMaps, undefined, { CALI_NAME: "ab", ...env });
  expect(
    load({ CALI_HOSTS: '[{"port": 80}, "none"]', CALI_TOKENS: '{"a": "https://a.example"}' }),
  ).toMatchObject({
    hosts: [{ port: 80 }, "none"],
    tokens: { a: "https://a.example" },
  });
  expect(messageOf(() => load({ CALI_HOSTS: "80" }))).toContain("CALI_HOSTS: given 80; allowed: a list");
  expect(messageOf(() => load({ CALI_HOSTS: "[80" }))).toContain('given "[80"');
  for (const tokens of ["SECRET", '{"a": "SECRET"}', '["SECRET"]', '{"a": {"b": "SECRET"}}']) {
    const message = messageOf(() => load({ CALI_TOKENS: tokens }));
    expect(message).toContain("given [redacted]");
    expect(message).not.toContain("SECRET");
  }
});

it("refuses a file that cannot be read by its name", () => {
  expect(messageOf(() => loadSettings(form, "/none/x.yaml", {}))).toContain(
    "/none/x.yaml: (whole file): given a file that cannot be read (ENOENT)",
  );
});

it("throws nothing but its own error, whatever the text is", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        parseSettings(schema, parseYaml(text, "x.yaml"), form.secrets);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
  );
});
