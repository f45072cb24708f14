import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/run.ts";

/** What `cali` prints to be typed: a program with words of its own, or `npx cali`. Other mentions of programs are names. */
const TO_TYPE =
  /npx cali [a-z-]+|npm run [\w:-]+|\baws (?:sso login|sts get-caller-identity|[a-z0-9]+ [a-z-]+ --)|\bgh (?:api -X [A-Z]+|api user|secret set \w+)|\bopenssl [a-z]+|\bread -rs|\bexport [A-Z_]+|(?:terraform|\$\{[a-z.]*command\}) (?:[a-z]+ -upgrade|state replace-provider|force-unlock)/g;

const REMEDIES = "test/delivery/remedies.integration.test.ts";
const SWITCH = "test/delivery/switch-real.nightly.test.ts";
/** Each such command, by the file that prints it, and the test that types it: its file and its title. */
const TYPED: Readonly<Record<string, Readonly<Record<string, readonly [file: string, title: string]>>>> = {
  "delivery/commands/bootstrap/script.ts": {
    "npx cali bootstrap": [REMEDIES, "a bucket and a table that are not there"],
    "export AWS_PAGER": ["test/delivery/bootstrap.integration.test.ts", "makes the place of the states once"],
  },
  "delivery/commands/doctor/backend.ts": {
    "npx cali bootstrap": [REMEDIES, "a bucket and a table that are not there"],
  },
  "delivery/commands/doctor/environment.ts": {
    "read -rs": [REMEDIES, "secrets are set, and variables given"],
    "export TF_VAR_": [REMEDIES, "secrets are set, and variables given"],
    "openssl rand": [REMEDIES, "secrets are set, and variables given"],
    "gh secret set CALI_PLAN_KEY": [REMEDIES, "secrets are set, and variables given"],
    "gh secret set SLACK_WEBHOOK_URL": [REMEDIES, "secrets are set, and variables given"],
    "export AWS_REGION": [REMEDIES, "secrets are set, and variables given"],
  },
  "delivery/commands/doctor/locks.ts": { "npx cali unlock": [REMEDIES, "a lock that was left"] },
  "delivery/commands/doctor/states.ts": {
    "${program.command} init -upgrade": [SWITCH, "the first plan changes nothing"],
    "${command} state replace-provider": [
      "test/delivery/tofu.nightly.test.ts",
      "goes back to Terraform by what doctor says",
    ],
    "aws dynamodb put-item --": [REMEDIES, "a state that was deleted, or is damaged"],
  },
  "delivery/commands/doctor/versions.ts": {
    "aws s3api copy-object --": [REMEDIES, "a state that was deleted, or is damaged"],
  },
  "delivery/commands/pipeline-access/github-repository.ts": {
    "gh api -X PUT": [REMEDIES, "what GitHub's settings let through"],
    "gh api -X POST": [REMEDIES, "what GitHub's settings let through"],
    "gh api user": [REMEDIES, "what GitHub's settings let through"],
  },
  "delivery/commands/pipeline-access/pipeline-access.ts": {
    "aws iam add-client-id-to-open-id-connect-provider --": [
      REMEDIES,
      "a provider of GitHub's that is for others",
    ],
  },
  "delivery/commands/switch/report.ts": { "npx cali plan": [SWITCH, "the first plan changes nothing"] },
  "delivery/commands/unlock/command.ts": { "npx cali recover": [REMEDIES, "a lock that was left"] },
  "delivery/core/aws/identity.ts": {
    // It needs an identity provider and a browser.
    "aws sso login": ["test/delivery/bootstrap.test.ts", "without credentials says how to get some"],
    "aws sts get-caller-identity": [REMEDIES, "secrets are set, and variables given"],
  },
  "delivery/core/seal/key.ts": {
    "openssl rand": [REMEDIES, "secrets are set, and variables given"],
    "gh secret set CALI_PLAN_KEY": [REMEDIES, "secrets are set, and variables given"],
  },
};

const LITERAL = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const COMMENT = /^[ \t]*(?:\/\*\*[\s\S]*?\*\/|\/\/.*)$/gm;

function printed(): Record<string, string[]> {
  const files = readdirSync(join(ROOT, "delivery"), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith(".ts"))
    .map(({ parentPath, name }) => join(parentPath, name));
  const found = files.map((path): [string, string[]] => {
    const literals = readFileSync(path, "utf8").replaceAll(COMMENT, "").match(LITERAL) ?? [];
    const commands = literals.flatMap((text) => text.match(TO_TYPE) ?? []);
    return [relative(ROOT, path), [...new Set(commands)].sort()];
  });
  return Object.fromEntries(found.filter(([, commands]) => commands.length > 0).sort());
}

describe("a command that is printed to be typed", () => {
  it("is typed by a test", () => {
    const typed = Object.entries(TYPED).map(([file, commands]) => [file, Object.keys(commands).sort()]);
    expect(printed()).toEqual(Object.fromEntries(typed));
  });

  it.each(Object.values(TYPED).flatMap((commands) => Object.values(commands)))("%s: %s", (file, title) =>
    expect(readFileSync(join(ROOT, file), "utf8")).toContain(title),
  );
});
