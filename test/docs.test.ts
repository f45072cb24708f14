import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { programWith } from "../delivery/program.ts";
import { JSON_FORMATS, TEXT_FORMATS } from "../packages/log-record/src/formats/registry.ts";
import { program as consumer } from "../services/consumer/src/commands/cli.ts";
import { configKeys } from "../services/consumer/src/config/load.ts";
import { configSchema as consumerSchema, SECRET_KEYS } from "../services/consumer/src/config/schema.ts";
import { Metrics } from "../services/consumer/src/ops/metrics.ts";
import {
  type Document,
  exists,
  FILES,
  hasKey,
  readDocument,
  simpleCommands,
  unknownTo,
} from "./support/documents.ts";
import { ROOT } from "./support/run.ts";
import { runIn } from "./support/shells.ts";

const cali = await programWith(() => true);
const documents = [...FILES]
  .filter((file) => file.endsWith(".md") && !file.startsWith("test/"))
  .map(readDocument);
const readJson = (file: string) => JSON.parse(readFileSync(join(ROOT, file), "utf8"));
const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(readJson("package.json"));

/** Files that a document asks the reader to make, or that show what a name looks like. */
const INVENTED = [
  "stacks/14-billing.ts",
  "config/team.adoption.json",
  "config/team.references.json",
  "config/team.yaml",
  "config/team.overrides/infra.json",
];
const ROOMS = [
  "config",
  "constructs",
  "stacks",
  "helm-values",
  "dashboards",
  "services",
  "delivery",
  "local",
  "test",
  "docs",
  "bench",
  ".github",
  ".ci",
];
const NPM_OWN = ["ci", "start", "test", "i", "install"];

/** What the workflows take from the repository's settings. */
const SETTINGS: ReadonlySet<string> = new Set(
  [...FILES]
    .filter((file) => file.startsWith(".github/"))
    .flatMap((file) => [...readFileSync(join(ROOT, file), "utf8").matchAll(/\b(?:secrets|vars)\.([A-Z_]+)/g)])
    .map(([, name = ""]) => name),
);

/** Everything in the document that could be a command. */
const commandsOf = ({ spans, commands }: Document) => [...spans, ...commands].flatMap(simpleCommands);

/** What is wrong with a command of the project; nothing: it is right, or none of the project's. */
function problemsOf(command: string): string[] {
  const [, kind, name = ""] = /^gh (workflow run|secret set|variable set) ([\w.-]+)/.exec(command) ?? [];
  if (kind === "workflow run") return FILES.has(`.github/workflows/${name}`) ? [] : [`no workflow ${name}`];
  if (kind !== undefined) return SETTINGS.has(name) ? [] : [`no workflow takes ${name}`];
  const [, program = "", text = ""] =
    /^(?:.*\s(?:node \/app\/main\.mjs|-- consumer)|(?:npx )?(cali|consumer))\s+(\S.*)$/.exec(command) ?? [];
  if (program === "cali") return unknownTo(cali, text.split(/\s+/));
  if (program === "consumer" || text !== "") return unknownTo(consumer(), text.split(/\s+/));
  const [, script, words] = /^npm run (?:--silent )?([\w:-]+)(?: -- (.*))?$/.exec(command) ?? [];
  if (script === undefined) {
    const [, own] = /^npm (\w+)/.exec(command) ?? [];
    return own === undefined || own === "run" || NPM_OWN.includes(own) ? [] : [`no command npm ${own}`];
  }
  if (!(script in scripts)) return [`no script ${script}`];
  if (script === "cali") return unknownTo(cali, (words ?? "").split(/\s+/));
  if (script === "bootstrap") return unknownTo(cali, ["bootstrap", ...(words ?? "").split(/\s+/)]);
  return [];
}

describe.each(documents.map((document) => [document.file, document] as const))("%s", (_, document) => {
  it("names commands and options that exist", () => {
    const problems = commandsOf(document).flatMap((command) =>
      problemsOf(command).map((problem) => `${command}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });

  it.each(document.scripts)("can be pasted into sh and bash: %s", (script) => {
    const [sh, bash] = [runIn("sh", script), runIn("bash", script)];
    expect(sh.said + bash.said).toBe("");
    expect(bash.calls).toEqual(sh.calls);
    expect(sh.calls).not.toEqual([]);
    expect(sh.calls.flatMap((call) => problemsOf(call.join(" ")))).toEqual([]);
  });

  it("names files that exist", () => {
    const paths = document.spans.filter(
      (span) =>
        new RegExp(`^(${ROOMS.join("|").replaceAll(".", "\\.")})/[\\w./-]*$`).test(span) &&
        !span.endsWith(".tfstate") &&
        !INVENTED.includes(span),
    );
    expect(paths.filter((path) => !exists(path, document))).toEqual([]);
    const workflows = document.spans.filter((span) => /^[\w-]+\.yml$/.test(span));
    expect(workflows.filter((name) => !FILES.has(`.github/workflows/${name}`))).toEqual([]);
  });

  it("links to what exists", () => {
    const broken = document.links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [path = "", anchor] = link.split("#");
      if (path !== "" && !exists(path, document)) return true;
      if (anchor === undefined) return false;
      const target =
        path === "" ? document : documents.find(({ file }) => file === join(dirname(document.file), path));
      return !target?.anchors.includes(decodeURIComponent(anchor));
    });
    expect(broken).toEqual([]);
  });

  it("names keys of the configuration that exist", () => {
    const schemas = [
      readJson("config/schema.json"),
      z.toJSONSchema(consumerSchema, { io: "input", unrepresentable: "any" }),
    ];
    const sections = new Set(schemas.flatMap((schema) => Object.keys(schema.properties ?? {})));
    const keys = document.spans.flatMap((span) => {
      const [, key] = /^([a-z][A-Za-z]*(?:\.[A-Za-z0-9]+)+)(?:: .*)?$/.exec(span) ?? [];
      return key !== undefined &&
        !/\.(ts|js|json|ya?ml|md|py|txt|sql|db|tfvars)$/.test(key) &&
        sections.has(key.split(".")[0] ?? "")
        ? [key]
        : [];
    });
    const unknown = keys.filter((key) => !schemas.some((schema) => hasKey(schema, key.split("."))));
    expect(unknown).toEqual([]);
  });

  it("names metrics and environment variables that exist", () => {
    const metrics = new Metrics(
      { now: () => 0, monotonic: () => 0 } as ConstructorParameters<typeof Metrics>[0],
      { templates: () => 0, bufferedBytes: () => 0, outbox: async () => 0, incidentsWaiting: async () => 0 },
    );
    const names = metrics.registry.getMetricsAsArray().map(({ name }) => name);
    const said = [...document.text.matchAll(/\bcali_consumer_[a-z_]+[a-z]\b/g)].map(([name]) => name);
    expect(said.filter((name) => !names.includes(name))).toEqual([]);
    const variables = [...document.text.matchAll(/\bCALI_[A-Z_]+[A-Z]\b/g)].map(([name]) => name);
    expect(variables.filter((name) => !VARIABLES.has(name))).toEqual([]);
  });
});

/** Variables that something in the project reads. */
const VARIABLES: ReadonlySet<string> = new Set([
  ...configKeys().map(({ variable }) => variable),
  ...configKeys()
    .filter(({ key }) => SECRET_KEYS.includes(key))
    .map(({ variable }) => `${variable}_FILE`),
  ...[...FILES]
    .filter((file) => /\.(ts|py|yml|yaml|sh)$|^\.ci\//.test(file) && file !== "test/docs.test.ts")
    .flatMap((file) => readFileSync(join(ROOT, file), "utf8").match(/\bCALI_[A-Z_]+[A-Z]\b/g) ?? []),
]);

describe("decisions", () => {
  const decisions = [...FILES].filter((file) => file.startsWith("docs/adr/"));
  const numberOf = (file: string) => Number(/^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1]);

  it("have a number of their own, which their heading repeats", () => {
    const numbers = decisions.map(numberOf);
    expect(numbers.filter((number, place) => numbers.indexOf(number) !== place)).toEqual([]);
    const headings = decisions.map((file) => readFileSync(join(ROOT, file), "utf8").split("\n")[0]);
    expect(headings).toEqual(decisions.map((file) => expect.stringMatching(`^# ${numberOf(file)}\\. `)));
  });
});

it("each part of docs/pipeline.md names the tests that hold it true, and they exist", () => {
  const text = readFileSync(join(ROOT, "docs/pipeline.md"), "utf8");
  for (const part of text.split(/^(?=## )/m)) {
    const named = [...part.matchAll(/`(test\/[\w./-]+\.test\.ts)`/g)].map(([, file = ""]) => file);
    expect(named, part.split("\n")[0]).not.toEqual([]);
    expect(
      named.filter((file) => !FILES.has(file)),
      part.split("\n")[0],
    ).toEqual([]);
  }
});

it("docs/reference.md has each log format in its table, and none that is not there", () => {
  const [, section = ""] = readFileSync(join(ROOT, "docs/reference.md"), "utf8").split("## Log formats");
  const named = section
    .split("\n")
    .flatMap((line) => (line.startsWith("|") ? (line.match(/`[^`]+`/g) ?? []) : []));
  const known = [...JSON_FORMATS, ...TEXT_FORMATS].map(({ name }) => `\`${name}\``);
  expect(named.sort()).toEqual([...new Set(known)].sort());
});

it("README begins with one command to the pipeline and one to the tests", () => {
  const [readme] = documents.filter(({ file }) => file === "README.md");
  expect(readme?.commands.slice(0, 2)).toEqual(["npm ci && npm start", "npm ci && npm test"]);
  expect(readme?.text.indexOf("```sh")).toBe(readme?.text.indexOf("```"));
});

it("finds what a shell makes of a script", () => {
  expect(runIn("sh", "npm run cali -- opensearch --env <name>").said).toContain("yntax error");
  expect(runIn("bash", "npm run x && nonsense").said).toContain("nonsense");
  expect(runIn("sh", "npx cali drift --env 'a b' | head -1").calls).toEqual([
    ["head", "-1"],
    ["npx", "cali", "drift", "--env", "a b"],
  ]);
});

it("has badges that say what package.json says", () => {
  const { license, devDependencies, dependencies } = readJson("package.json");
  const of = (name: string, pattern: RegExp) =>
    pattern.exec({ ...dependencies, ...devDependencies }[name])?.[0];
  for (const file of ["README.md", "README.ko.md"]) {
    const { text } = readDocument(file);
    const shown = [...text.matchAll(/\/badge\/(license|node|cdktf)-(.+?)-[0-9a-z]+\)/g)].map(
      ([, name, value = ""]) => [name, value.replaceAll("--", "-")],
    );
    expect(shown).toEqual([
      ["license", license],
      ["node", of("node", /^\d+/)],
      ["cdktf", of("cdktf", /^\d+\.\d+/)],
    ]);
  }
});

it("finds what is wrong", () => {
  expect(problemsOf("npm run nonsense")).toEqual(["no script nonsense"]);
  expect(problemsOf("npm frobnicate")).toEqual(["no command npm frobnicate"]);
  expect(problemsOf("cali nonsense")).toEqual(["no command cali nonsense"]);
  expect(problemsOf("npm run cali -- bootstrap --nonsense")).toEqual(["bootstrap has no option --nonsense"]);
  expect(problemsOf("gh workflow run nonsense.yml")).toEqual(["no workflow nonsense.yml"]);
  expect(problemsOf("gh secret set NONSENSE --env dev")).toEqual(["no workflow takes NONSENSE"]);
  expect(problemsOf("consumer replay --fron 2026-01-25")).toEqual(["replay has no option --fron"]);
  expect(problemsOf("kubectl exec deploy/consumer -- node /app/main.mjs relay")).toEqual([
    "no command consumer relay",
  ]);
  expect(problemsOf("consumer replay --from 2026-01-25 --to 2026-01-26 --dry-run")).toEqual([]);
  expect(hasKey(readJson("config/schema.json"), ["stream", "shard"])).toBe(false);
  expect(hasKey(readJson("config/schema.json"), ["stream", "shards"])).toBe(true);
});
