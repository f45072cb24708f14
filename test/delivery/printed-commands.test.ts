import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/run.ts";

/** What `cali` prints to be typed: a program with words of its own, or `npx cali`. Other mentions of programs are names. */
const TO_TYPE =
  /npx cali [a-z-]+|npm run [\w:-]+|\baws (?:sso login|sts get-caller-identity|[a-z0-9]+ [a-z-]+ --)|\bgh (?:api -X [A-Z]+|api user|secret set \w+)|\bopenssl [a-z]+|\bread -r\b|\bstty -?echo|\bexport [A-Z_]+|(?:terraform|\$\{[a-z.]*command\}) (?:[a-z]+ -upgrade|state replace-provider|force-unlock)/g;

const REMEDIES = "test/delivery/remedies.integration.test.ts";
const SHELLS = "test/delivery/remedies.test.ts";
const SWITCH = "test/delivery/switch-real.nightly.test.ts";
/** Each such command, by the file that prints it, and the test that types it: its file and its title. */
const TYPED: Readonly<Record<string, Readonly<Record<string, readonly [file: string, title: string]>>>> = {
  "delivery/commands/adopt/states.ts": {
    "npx cali bootstrap": [REMEDIES, "a bucket and a table that are not there"],
  },
  "delivery/commands/bootstrap/script.ts": {
    "npx cali bootstrap": [REMEDIES, "a bucket and a table that are not there"],
    "export AWS_PAGER": ["test/delivery/bootstrap.integration.test.ts", "makes the place of the states once"],
  },
  "delivery/commands/doctor/backend.ts": {
    "npx cali bootstrap": [REMEDIES, "a bucket and a table that are not there"],
  },
  "delivery/commands/doctor/environment.ts": {
    "stty -echo": [SHELLS, "a secret is set, and a variable given"],
    "read -r": [SHELLS, "a secret is set, and a variable given"],
    "stty echo": [SHELLS, "a secret is set, and a variable given"],
    "export TF_VAR_": [SHELLS, "a secret is set, and a variable given"],
    "openssl rand": [SHELLS, "a secret is set, and a variable given"],
    "gh secret set CALI_PLAN_KEY": [SHELLS, "a secret is set, and a variable given"],
    "gh secret set SLACK_WEBHOOK_URL": [SHELLS, "a secret is set, and a variable given"],
    "export AWS_REGION": [SHELLS, "a secret is set, and a variable given"],
  },
  "delivery/commands/doctor/locks.ts": { "npx cali unlock": [REMEDIES, "a lock that was left"] },
  "delivery/commands/doctor/states.ts": {
    "${program.command} init -upgrade": [SHELLS, "the provider is upgraded, and the state taken back"],
    "${command} state replace-provider": [SHELLS, "the provider is upgraded, and the state taken back"],
    "aws dynamodb put-item --": [REMEDIES, "a state that was deleted, or is damaged"],
  },
  "delivery/commands/doctor/versions.ts": {
    "aws s3api copy-object --": [REMEDIES, "a state that was deleted, or is damaged"],
  },
  "delivery/commands/pipeline-access/github-repository.ts": {
    "gh api -X PUT": [SHELLS, "what GitHub's settings let through"],
    "gh api -X POST": [SHELLS, "what GitHub's settings let through"],
    "gh api user": [SHELLS, "what GitHub's settings let through"],
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
    "aws configure sso --": [SHELLS, "logging in makes AWS answer"],
    "export AWS_PROFILE": [SHELLS, "logging in makes AWS answer"],
    "aws sso login": [SHELLS, "logging in makes AWS answer"],
    "aws sts get-caller-identity": [REMEDIES, "AWS says whose the credentials are"],
  },
  "delivery/core/seal/key.ts": {
    "openssl rand": [SHELLS, "a secret is set, and a variable given"],
    "gh secret set CALI_PLAN_KEY": [SHELLS, "a secret is set, and a variable given"],
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
