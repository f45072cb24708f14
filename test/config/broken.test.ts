import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@cali/settings";
import { afterAll, expect, it } from "vitest";
import { parseConfigText } from "../../config/load.ts";
import { loadOverrides } from "../../config/overrides.ts";
import { loadConfig } from "../../services/consumer/src/config/load.ts";
import { devText } from "../support/config.ts";

/** Words of the validator and of the YAML library, which no user should have to read. */
const LIBRARIES =
  /Invalid|[Ee]xpected|received|Flow map|Unresolved|Nested mappings|\[object|undefined|a value of type|forms that are described|\n\s+at /;

const folder = mkdtempSync(join(tmpdir(), "cali-broken-"));
afterAll(() => rmSync(folder, { recursive: true }));

const messageOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    expect(message).not.toMatch(LIBRARIES);
    return message;
  }
  return "taken";
};

const lastLine = devText.trimEnd().split("\n").length + 1;
const plus = (text: string) => `${devText.trimEnd()}\n${text}\n`;
const instead = (old: string, text: string) => {
  expect(devText).toContain(old);
  return devText.replace(old, text);
};
const bomb = ["tags:", "  a: &a [x, x]"];
for (const [place, name] of [..."bcdefghij"].entries()) {
  bomb.push(`  ${name}: &${name} [${Array(9).fill(`*${"abcdefghij"[place]}`).join(", ")}]`);
}

it.each<[what: string, text: string, said: string | RegExp]>([
  [
    "an unknown alias",
    plus("tags: *nope"),
    `:${lastLine}: (whole file): given *nope, an alias that no anchor`,
  ],
  ["a near alias", plus("tags: { a: &base x, b: *bas }"), 'did you mean "base"?'],
  ["an alias merged in", plus("domain:\n  <<: *nope"), `:${lastLine + 1}: (whole file): given *nope`],
  ["a merge", plus("domain: { <<: { volumeGiB: 20 } }"), "domain.<<: given an unknown key"],
  ["a billion laughs", plus(bomb.join("\n")), "aliases (*name) that become too much"],
  ["a key twice", plus("project: a"), `:${lastLine}: (whole file): given a key that is there already`],
  ["a tab", plus("state:\n\tbucket: x"), "given a tab in front of a key"],
  ["an open bracket", plus("state: { a: b"), "allowed: YAML with each key once"],
  ["two colons", plus("tags: a: b"), "a second colon in a line"],
  ["a second document", plus("---\nproject: b"), "given a second document"],
  ["a tag", plus("tags: !!js/function x"), "given "],
  ["a list as a key", plus("tags: { ? [a] : b }"), "given a key that is no text"],
  [
    "UTF-16",
    Buffer.from(devText, "utf16le").toString("utf8"),
    "a file in another encoding; allowed: text in UTF-8",
  ],
  ["nothing", "", "(whole file): given an empty file; allowed: "],
  ["comments alone", "# nothing\n", "(whole file): given an empty file; allowed: "],
  ["a list", "- a\n", '(whole file): given ["a"]; allowed: a section'],
  ["a text", "hello\n", '(whole file): given "hello"; allowed: a section'],
  [
    "no bucket",
    instead("bucket:", "buckets:"),
    "bucket: given nothing; allowed: a section with keys of its own; write bucket: { lifecycle: … }",
  ],
  [
    "a near name of a section",
    instead("bucket:", "buckets:"),
    /buckets: given an unknown key; .*did you mean "bucket"\?/,
  ],
  ["a near language", plus("language: kr"), 'language: given "kr"; allowed: en or ko; did you mean "ko"?'],
  ["a near name of a key", instead("retentionHours", "retentionHour"), 'did you mean "retentionHours"?'],
  ["a key in capitals", plus("Domain: {}"), 'did you mean "domain"?'],
  ["__proto__", plus("__proto__: { a: 1 }"), `:${lastLine}: __proto__: given an unknown key`],
  [
    "__proto__ within",
    instead("retentionHours: 24", "retentionHours: 24, __proto__: {}"),
    "stream.__proto__: given an unknown key",
  ],
  ["constructor", plus("constructor: 1"), "constructor: given an unknown key"],
  ["an empty section", plus("domain:"), `:${lastLine}: domain: given null; allowed: a section`],
  ["a list for a section", plus("domain: [a]"), 'domain: given ["a"]; allowed: a section'],
  ["a section for a list", instead("team: []", "team: { a: b }"), 'team: given {"a":"b"}; allowed: a list'],
  ["a text for a number", instead("shards: 1", 'shards: "1"'), 'stream.shards: given "1"; allowed: a'],
  ["a negative number", instead("shards: 1", "shards: -1"), "given -1; allowed: a number of at least 1"],
  ["a fraction", instead("shards: 1", "shards: 1.5"), "given 1.5; allowed: a whole number"],
  ["infinity", instead("shards: 1", "shards: .inf"), "stream.shards: given Infinity; allowed: a"],
  ["no number", instead("shards: 1", "shards: .nan"), "stream.shards: given NaN; allowed: a"],
  ["a huge number", instead("shards: 1", "shards: 99999999999999999999"), "allowed: a number of at most 500"],
  ["yes", plus("consumerTable: yes"), 'consumerTable: given "yes"; allowed: true or false'],
  [
    "a number as a name",
    instead("environment: dev", "environment: 12"),
    "given 12; allowed: a text; put it in quotes",
  ],
  ["a long name", instead("project: cali", `project: ${"x".repeat(60)}`), "a text of at most 23 characters"],
  [
    "a space at the end",
    instead("project: cali", 'project: "cali "'),
    'project: given "cali "; allowed: lower-case',
  ],
  [
    "a region's digit too much",
    instead("ap-northeast-2", "ap-northeast-22"),
    'region: given "ap-northeast-22"; allowed: a region of the commercial partition, such as ap-northeast-2; did you mean "ap-northeast-2"?',
  ],
  ["a region that isn't", instead("ap-northeast-2", "ap-northeast-9"), "did you mean"],
  ["a region by its city", instead("ap-northeast-2", "seoul"), 'region: given "seoul"; allowed: a region'],
  ["a region of the state", plus("state: { region: us-eats-1 }"), 'did you mean "us-east-1"?'],
  [
    "a size that isn't",
    plus("domain: { instanceType: t3.huge.search }"),
    "allowed: a type such as t3.small.search",
  ],
  [
    "a size with a slip",
    instead("cluster:", "cluster:\n  nodeGroup: { instanceTypes: [m5.largee] }"),
    'did you mean "m5.large"?',
  ],
  [
    "a near size of the domain",
    plus("domain: { instanceType: m6g.larg.search }"),
    'did you mean "m6g.large.search"?',
  ],
  [
    "Kubernetes 1.99",
    instead("cluster:", 'cluster:\n  version: "1.99"'),
    'given "1.99"; allowed: a Kubernetes version of EKS in quotes: "1.',
  ],
  ["Kubernetes v1.34", instead("cluster:", "cluster:\n  version: v1.34"), 'did you mean "1.34"?'],
  [
    "Kubernetes 1.30 as a number",
    instead("cluster:", "cluster:\n  version: 1.30"),
    "given 1.3; allowed: a text; put it in quotes",
  ],
  [
    "an ARN of a policy",
    instead("team: []", "team: ['arn:aws:iam::123456789012:policy/x']"),
    "team.0: given",
  ],
  ["a CIDR with host bits", instead("0.0.0.0/0", "10.0.0.1/8"), "whose bits behind the prefix are 0"],
  ["a CIDR beyond", instead("0.0.0.0/0", "300.0.0.0/8"), "an IPv4 CIDR block"],
  ["a CIDR without a prefix", instead("0.0.0.0/0", "10.0.0.0"), "an IPv4 CIDR block"],
  [
    "a wrong mode",
    instead("mode: chart", "mode: charts"),
    'grafana.mode: given "charts"; allowed: one of off, chart, managed; did you mean "chart"?',
  ],
  [
    "no mode",
    instead("{ mode: chart }", "{}"),
    "grafana.mode: given nothing; allowed: one of off, chart, managed",
  ],
  [
    "a wrong kind within",
    instead("{ mode: chart }", "{ mode: managed, login: { kind: sam } }"),
    'did you mean "saml"?',
  ],
  [
    "a kind without its keys",
    plus("network: { kind: subnets }"),
    "network.subnetIds: given nothing; allowed: a list",
  ],
  ["a near choice", plus("stateLayout: stack"), 'did you mean "stacks"?'],
  [
    "a number that isn't one of those",
    plus("firehose: { logRetentionDays: 8 }"),
    "given 8; allowed: 1, or 3",
  ],
  ["a long tag", plus(`tags: { ${"k".repeat(200)}: a }`), "a text of at most 128 characters"],
  [
    "a setting that is no variable",
    plus("services: { consumer: { settings: { LOG: a } } }"),
    "CALI_LOG_LEVEL",
  ],
])("an environment with %s is refused in plain words", (_, text, said) => {
  const message = messageOf(() => parseConfigText(text, "config/dev.yaml"));
  expect(message).toMatch(
    /^config\/dev\.yaml has \d+ problems?:\n(?: {2}config\/dev\.yaml(:\d+)?: .+: given .+; allowed: .+\n?)+$/,
  );
  if (typeof said === "string") expect(message).toContain(said);
  else expect(message).toMatch(said);
});

it.each([
  ["a byte order mark", `\ufeff${devText}`],
  ["CRLF", devText.replaceAll("\n", "\r\n")],
])("takes %s", (_, text) => {
  expect(parseConfigText(text, "config/dev.yaml")).toEqual(parseConfigText(devText, "config/dev.yaml"));
});

it.each([
  ["a list", "- a\n", "allowed: a map of region, kinesis"],
  ["nothing", "", "state: { file: … }"],
  ["an empty section", "kinesis:\n", "kinesis: given null; allowed: a section"],
  ["a near name", "kinesis: { strem: a }\n", 'did you mean "stream"?'],
  [
    "a secret",
    "slack: { webhookUrl: https://SECRET }\n",
    "given a secret; allowed: only CALI_SLACK_WEBHOOK_URL",
  ],
  ["a secret in a list", "slack: [{ webhookUrl: SECRET }]\n", "slack: given [redacted]"],
  ["a near level", "log: { level: inof }\n", 'did you mean "info"?'],
  ["both states", "state: { file: a, table: bcd }\n", "not both"],
  ["a region with blanks", "region: ap northeast 2\n", "a region such as ap-northeast-2"],
  ["an alias", "kinesis: *x\n", ":1: (whole file): given *x"],
])("a consumer with %s is refused in plain words", (_, text, said) => {
  const file = join(folder, "consumer.yaml");
  writeFileSync(file, text);
  const message = messageOf(() => loadConfig(file, {}));
  expect(message).toContain(said);
  expect(message).not.toContain("SECRET");
});

it.each([
  [
    "a near block",
    '{\n  "resourc": {}\n}',
    /dev\.overrides\/02-s3\.json:2: resourc: .*did you mean "resource"\?/,
  ],
  [
    "a number for a block",
    '{\n  "resource": 3\n}',
    /02-s3\.json:2: resource: given 3; allowed: a section with keys of its own, or a list/,
  ],
  ["a list", "[]", /given \[\]; allowed: a section/],
  ["a key twice", '{\n  "resource": {},\n  "resource": {}\n}', /:3: .*a key that is there already/],
  ["no JSON", "resource: {}", /given no JSON/],
])("overrides with %s are refused in plain words", (_, text, said) => {
  mkdirSync(join(folder, "dev.overrides"), { recursive: true });
  writeFileSync(join(folder, "dev.overrides", "02-s3.json"), text);
  expect(messageOf(() => loadOverrides("dev", folder))).toMatch(said);
});
