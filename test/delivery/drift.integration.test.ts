import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteBucketPolicyCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import { GithubServer } from "../support/github-server.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { writePlanRun } from "../support/plan-runs.ts";
import { run, runCali } from "../support/run.ts";
import { SlackServer } from "../support/slack-server.ts";
import { type TestStack, writeApplication } from "../support/terraform-app.ts";

const COMMIT = "a".repeat(40);
const TOKEN = "very-secret-token";

const backend = stateBackend(loadConfig({ env: "dev" }));
const github = new GithubServer();
const slack = new SlackServer();
let moto: Moto;
let s3: S3Client;
let folder: string;
let base: Record<string, string>;

beforeAll(async () => {
  moto = await startMoto();
  await github.listen();
  folder = mkdtempSync(join(tmpdir(), "cali-drift-"));
  base = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret-key",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PROFILE: "",
    CALI_ENV: "dev",
    CALI_COMMIT: COMMIT,
    SLACK_WEBHOOK_URL: await slack.listen(),
    GITHUB_RUN_ID: "7",
    TF_VAR_token: TOKEN,
    ...github.environment,
  };
  s3 = new S3Client({
    endpoint: moto.url,
    region: backend.region,
    forcePathStyle: true,
    credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" },
  });
  await cali("bootstrap");
  // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
});
afterAll(async () => {
  s3.destroy();
  slack.close();
  await Promise.all([moto.stop(), github.close()]);
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  github.requests.length = 0;
  slack.received.length = 0;
});

const at = (name: string) => join(folder, name);
const write = (stacks: readonly TestStack[]) => writeApplication(at("synth"), backend, stacks);

/** A command, which has to end with this code and to say no secret. */
async function cali(name: string, args: readonly string[] = [], code = 0): Promise<string> {
  const result = await runCali([name, ...args], { env: base });
  expect(result.code, `cali ${name}: ${result.stderr}${result.stdout}`).toBe(code);
  expect(result.stdout + result.stderr).not.toMatch(/very-secret|secret-key/);
  return result.stdout;
}
const from = () => ["--synth-dir", at("synth")];
const drift = (args: readonly string[] = ["--issue", "--slack"], code = 0) =>
  cali("drift", [...from(), "--out", at("drift"), ...args], code);
const deploy = () => cali("deploy", [...from(), "--out", at("deploy"), "--replan"]);
async function terraform(stack: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run("terraform", args, {
    cwd: join(at("synth"), "stacks", stack),
    env: base,
  });
  expect(code, stderr).toBe(0);
  return stdout;
}

/** What was written to GitHub since the test began. */
const written = () =>
  github.requests
    .filter(({ method, path }) => method !== "GET" && path !== "/graphql")
    .map(({ method, path }) => `${method} ${path.replace(/.*\/cali\//, "").replace(/\d+/, "N")}`);
const issue = () => github.issues[0] as (typeof github.issues)[number];
const lastComment = () => github.comments.at(-1)?.body ?? "";

const token = { token: { type: "string", sensitive: true, nullable: false } };
const stacks = (one: Record<string, unknown>): TestStack[] => [
  { name: "01-first", values: { ...one, secret: "${var.token}" }, blocks: { variable: token } },
  { name: "02-second", dependencies: ["01-first"], values: { two: "b" } },
];
const BOTH = { one: "a", more: "x" };

describe("cali drift", () => {
  it("says nothing to anybody while everything is as main says", async () => {
    write(stacks(BOTH));
    await deploy();
    const said = await drift(["--issue", "--slack", "--detailed-exitcode"]);
    expect(said).toContain("## Drift of `dev`: none");
    expect(said).toContain("| `01-first` | · | · | · |");
    expect(written()).toEqual([]);
    expect(slack.received).toEqual([]);
  });

  it("opens an issue and notifies Slack when there is drift; the next day it notifies nobody", async () => {
    write(stacks({ one: "a" }));
    await drift();
    expect(written()).toEqual(["POST labels", "POST issues"]);
    expect(issue()).toMatchObject({ title: "Drift of dev", state: "open", labels: ["drift"] });
    expect(issue().body).toContain("### In a state and not in the code: 1");
    expect(issue().body).toContain(
      "- `terraform_data.more` in `01-first` is in the state and no longer in the code",
    );
    expect(slack.received).toHaveLength(1);
    expect(slack.received[0]).toContain("⚠️ dev: drift");
    expect(slack.received[0]).toContain("`terraform_data.more` in `01-first` is in the state");
    expect(slack.received[0]).toContain(`/issues/${issue().number}`);

    const summary = join(folder, "summary.md");
    base = { ...base, GITHUB_STEP_SUMMARY: summary };
    await drift(["--issue", "--slack", "--detailed-exitcode"], 2);
    expect(readFileSync(summary, "utf8")).toContain("## Drift of `dev`: 1 finding");
    expect(written()).toHaveLength(2);
    expect(slack.received).toHaveLength(1);
  });

  it("updates the issue, and says what is new and what is gone, when there is another drift", async () => {
    write(stacks(BOTH));
    await terraform("02-second", "state", "rm", "terraform_data.two");
    await drift();
    expect(written()).toEqual(["POST issues/N/comments", "PATCH issues/N"]);
    expect(github.issues).toHaveLength(1);
    expect(issue().body).toContain("### In the code and not deployed: 1");
    expect(issue().body).not.toContain("terraform_data.more");
    expect(lastComment()).toMatch(
      /\*\*New\*\*\n\n- `terraform_data.two` in `02-second` is in the code[\s\S]*\*\*No longer found\*\*\n\n- In a state and not in the code: `terraform_data.more` in `01-first`/,
    );
    expect(slack.received).toHaveLength(1);
    expect(slack.received[0]).toContain("the drift is another one");
  });

  it("closes the issue when it is gone, and opens it again when it is back", async () => {
    await deploy();
    await drift();
    expect(issue().state).toBe("closed");
    expect(lastComment()).toContain("**The drift is gone**");
    expect(slack.received).toHaveLength(1);
    expect(slack.received[0]).toContain("✅ dev: the drift is gone");

    await terraform("02-second", "state", "rm", "terraform_data.two");
    await drift();
    expect(github.issues).toHaveLength(1);
    expect(issue().state).toBe("open");
    expect(lastComment()).toContain("**There is drift again**");
    expect(slack.received).toHaveLength(2);
  });

  it("leaves an issue that a person closed, until something else is found", async () => {
    issue().state = "closed";
    await drift();
    expect(written()).toEqual([]);
    expect(slack.received).toEqual([]);
    expect(issue().state).toBe("closed");

    write(stacks({ ...BOTH, one: "other" }));
    await drift();
    expect(issue().state).toBe("open");
    expect(issue().body).toContain('! input = "a" → "other"');
    expect(lastComment()).toContain(
      "**New**\n\n- `terraform_data.one` in `01-first` is not as the code says",
    );
    expect(slack.received).toHaveLength(1);
  });

  it("lists an object that two states hold, and a state that no stack has", async () => {
    write(stacks(BOTH));
    await deploy();
    const first = JSON.parse(await terraform("01-first", "state", "pull"));
    const second = JSON.parse(await terraform("02-second", "state", "pull"));
    const object = first.resources.find(({ name }: { name: string }) => name === "one");
    const id = object.instances[0].attributes.id;
    const both = { ...second, serial: second.serial + 1, resources: [...second.resources, object] };
    writeFileSync(at("both.tfstate"), JSON.stringify(both));
    await terraform("02-second", "state", "push", at("both.tfstate"));
    await s3.send(
      new PutObjectCommand({
        Bucket: backend.bucket,
        Key: "stacks/09-left/terraform.tfstate",
        Body: JSON.stringify({ ...first, lineage: "another" }),
      }),
    );
    const { findings } = JSON.parse(await drift(["--json"]));
    const texts = findings.map(({ kind, text }: Record<string, string>) => `${kind}: ${text}`);
    const left = "stacks/09-left/terraform.tfstate";
    expect(texts).toContain(
      `same-object: terraform_data "${id}" is held by terraform_data.one in 01-first, terraform_data.one in 02-second and by terraform_data.one in ${left}`,
    );
    expect(texts).toContain(
      `not-in-code: terraform_data.one in 02-second is in the state and no longer in the code: a deployment would destroy it`,
    );
    expect(texts).toContain(
      `unknown-state: ${left} holds 3 objects, and no stack of the code has this state`,
    );
  });

  it("fails and says so when a stack cannot be planned, and takes nothing for gone", async () => {
    const [first, second] = stacks(BOTH) as [TestStack, TestStack];
    write([first, { ...second, blocks: { output: { wrong: { value: "${var.missing}" } } } }]);
    await drift(undefined, 1);
    expect(issue().state).toBe("open");
    expect(issue().body).toContain("`02-second` could not be planned");
    expect(issue().body).toContain("### Could not be planned: 1");
    expect(slack.received).toHaveLength(1);
    expect([...github.comments, ...github.issues].map(({ body }) => body).join()).not.toContain(TOKEN);
  });

  it("says that Slack refused, and does not fail; without GitHub Slack hears of it, and the run fails", async () => {
    writePlanRun(at("plans"), [{ name: "infra", plan: "drift" }]);
    slack.answers.push({ status: 403 });
    const plans = ["drift", "--plans", at("plans"), "--slack"];
    const refused = await runCali([...plans], { env: base });
    expect(refused).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^warning: Slack was not notified/),
    });
    expect(refused.stdout).toContain("### Changed outside Git: 2");

    // It is asked for runs that wait, too.
    github.failures.push(...Array.from({ length: 8 }, () => ({ status: 403, body: { message: "no" } })));
    const unheard = await runCali([...plans, "--issue"], { env: base });
    expect(unheard).toMatchObject({ code: 1, stderr: expect.stringContaining("GitHub answered 403") });
    expect(slack.received).toHaveLength(2);
  });
});
