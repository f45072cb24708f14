import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { noticeMessage } from "../../delivery/commands/notify/message.ts";
import { noteEnd } from "../../delivery/core/deployment/deploy-result.ts";
import { deployNotice, planNotice } from "../../delivery/core/notice/collect.ts";
import type { Notice, StackNotice } from "../../delivery/core/notice/notice.ts";
import { runDetails } from "../../delivery/core/notice/run-details.ts";
import { durationText } from "../../delivery/core/notice/words.ts";
import { GithubServer } from "../support/github-server.ts";
import { hostileText } from "../support/hostile.ts";
import { HEAD, writePlanRun } from "../support/plan-runs.ts";
import { planJson } from "../support/plans.ts";
import { textsOf } from "../support/slack-texts.ts";

const REPOSITORY = "https://github.com/acme/cali";
const stack = (more: Partial<StackNotice> = {}): StackNotice => ({
  name: "01-kinesis",
  status: "applied",
  isFailed: false,
  reason: undefined,
  changes: { create: 1, update: 2, replace: 0, delete: 1 },
  ...more,
});
const notice = (more: Partial<Notice> = {}): Notice => ({
  kind: "deployment",
  environment: "dev",
  commit: HEAD,
  outcome: "success",
  actor: "mina",
  pullRequest: 7,
  links: { repository: REPOSITORY, run: `${REPOSITORY}/actions/runs/1` },
  durationMs: 125_000,
  stacks: [stack()],
  cost: { before: 100, after: 110.5, unknown: 2 },
  approvers: [],
  failedSteps: [],
  losses: [],
  destroys: [],
  trouble: undefined,
  awaitsApproval: false,
  ...more,
});

const said = (more: Partial<Notice> = {}) =>
  textsOf(noticeMessage(notice(more)).blocks)
    .map(({ text }) => text)
    .join("\n");

describe("the message of a run", () => {
  it("says who, which commit, how much, what it costs, how long, and where to look", () => {
    const text = said();
    expect(text).toContain("✅ dev: deployment done");
    expect(text).toContain("*Who*\n`mina`");
    expect(text).toContain(`*Commit*\n<${REPOSITORY}/commit/${HEAD}|89abcde>`);
    expect(text).toContain("*Changes*\n1 to add, 2 to change, 1 to destroy");
    expect(text).toContain("*Cost a month*\n110.50 USD (+10.50) and 2 unknown");
    expect(text).toContain("*Took*\n2 min 5 s");
    expect(text).toContain("• `01-kinesis` applied: 1 to add, 2 to change, 1 to destroy");
    expect(text).toContain(`<${REPOSITORY}/actions/runs/1|the run> · <${REPOSITORY}/pull/7|pull request #7>`);
  });

  it("says who approved, which step failed, and first of all what would be lost", () => {
    const losses = [
      { stack: "01-kinesis", address: "aws_kinesis_stream.logs", lost: "records <that> are lost" },
    ];
    const text = said({
      approvers: ["jun", "mina"],
      failedSteps: ["Run exec node bin/cali.js grafana"],
      losses,
    });
    expect(text).toContain("*Approved by*\n`jun`, `mina`");
    expect(text).toContain("*Failed step*\n`Run exec node bin/cali.js grafana`");
    expect(text).toContain(
      "⚠️ *Data would be lost*\n• `aws_kinesis_stream.logs` in `01-kinesis`: records &lt;that&gt;",
    );
    expect(text.indexOf("Data would be lost")).toBeLessThan(text.indexOf("• `01-kinesis` applied"));
    const many = said({ losses: Array.from({ length: 40 }, () => losses[0] ?? expect.fail()) });
    expect(many).toContain("• and 30 more");
    expect(said()).not.toMatch(/Approved by|Failed step|would be lost/);
  });

  it("names what is destroyed or replaced, besides what loses data", () => {
    const destroys = [
      { stack: "01-kinesis", address: "aws_kinesis_stream.logs", action: "replace" as const },
      { stack: "06-iam", address: "aws_iam_role.<old>", action: "delete" as const },
    ];
    expect(said({ destroys })).toContain(
      "*Destroyed or replaced*\n• `aws_kinesis_stream.logs` in `01-kinesis` is replaced\n• `aws_iam_role.&lt;old&gt;` in `06-iam` is destroyed",
    );
    const losses = [{ stack: "01-kinesis", address: "aws_kinesis_stream.logs", lost: "records" }];
    const both = said({ destroys, losses });
    expect(both).toContain("*Destroyed or replaced besides*\n• `aws_iam_role.&lt;old&gt;`");
    expect(both.match(/aws_kinesis_stream\.logs/g)).toHaveLength(1);
    const many = said({ destroys: Array.from({ length: 40 }, () => destroys[1] ?? expect.fail()) });
    expect(many).toContain("• and 30 more");
  });

  it("ends with the last lines of what failed", () => {
    const reason = `${"noise\n".repeat(100)}Error: the bucket exists <already>`;
    const text = said({ outcome: "failure", stacks: [stack({ status: "failed", isFailed: true, reason })] });
    expect(text).toContain("❌ dev: deployment failed");
    expect(text).toContain("• `01-kinesis` *failed*");
    expect(text).toContain("Error: the bucket exists &lt;already&gt;\n```");
    expect(text.match(/noise/g)).toHaveLength(14);
  });

  it("has no empty block when nothing is known, which Slack would refuse", () => {
    const unknown = { actor: undefined, commit: undefined, links: undefined, stacks: [], cost: undefined };
    const { blocks } = noticeMessage(notice({ ...unknown, durationMs: undefined, trouble: "no run.json" }));
    expect(blocks.map(({ type }) => type)).toEqual(["header", "section"]);
    expect(textsOf(blocks).map(({ text }) => text)).toContain("```\nno run.json\n```");
  });

  it("is within Slack's limits and mentions nobody, whatever it is made of", () => {
    const text = fc.tuple(hostileText, fc.nat(200)).map(([one, times]) => one.repeat(times + 1));
    const stacks = fc.array(
      fc.record({
        name: text,
        status: text,
        isFailed: fc.boolean(),
        reason: fc.option(text, { nil: undefined }),
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(stacks, text, (some, trouble) => {
        const message = noticeMessage(notice({ stacks: some.map((one) => stack(one)), trouble }));
        expect(message.blocks.length).toBeLessThanOrEqual(50);
        for (const block of message.blocks) {
          for (const { text, type, verbatim } of textsOf([block])) {
            expect(text.length).toBeLessThanOrEqual(block.type === "header" ? 150 : 3_000);
            expect(text.length).toBeGreaterThan(0);
            if (type === "mrkdwn") expect(verbatim).toBe(true);
            // What is in angle brackets, Slack acts on: only our own links are.
            for (const [, inside] of text.matchAll(/<([^>]*)>?/g))
              expect(inside).toMatch(/^https:\/\/github\.com\/acme\/cali\//);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it("renders times as people say them", () => {
    expect([900, 59_400, 60_000, 3_600_000].map(durationText)).toEqual([
      "1 s",
      "59 s",
      "1 min 0 s",
      "60 min 0 s",
    ]);
  });
});

describe("what is known of a run", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-notify-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const variables = {
    CALI_ENV: "dev",
    GITHUB_ACTOR: "mina",
    CALI_OUTCOME: "success",
    API_TOKEN: "very-secret-token",
  };
  const deployed = (stacks: unknown, more = {}) =>
    writeFileSync(
      join(folder, "deploy.json"),
      JSON.stringify({
        environment: "dev",
        commit: HEAD,
        startedAt: "2026-01-25T00:00:00Z",
        finishedAt: "2026-01-25T00:02:00Z",
        stacks,
        ...more,
      }),
    );

  it("of plans: counts and cost out of their JSON", () => {
    writePlanRun(folder, [
      { name: "01-kinesis", plan: "update" },
      { name: "07-ecr", plan: "destroy" },
    ]);
    const { stacks, cost, outcome } = planNotice(folder, variables, "dev");
    expect(stacks.map(({ changes }) => changes)).toMatchObject([{ update: 3 }, { delete: 3 }]);
    expect(cost?.after).toBeGreaterThan(0);
    expect(outcome).toBe("success");
  });

  it("of plans: all that goes for good, what is destroyed, and the pull request", () => {
    writePlanRun(folder, [
      { name: "07-ecr", plan: "destroy" },
      { name: "02-s3", plan: "update" },
    ]);
    const path = join(folder, "02-s3.json");
    const shorter = {
      actions: ["update"],
      before: { retention_period: 48 },
      after: { retention_period: 24 },
    };
    writeFileSync(path, JSON.stringify(planJson([shorter])));
    const ref = { GITHUB_REF: "refs/pull/12/merge" };
    const { losses, destroys, pullRequest } = planNotice(folder, { ...variables, ...ref }, "dev");
    expect(pullRequest).toBe(12);
    expect(destroys).toHaveLength(3);
    expect(losses).toContainEqual({
      stack: "02-s3",
      address: "aws_kinesis_stream.logs",
      lost: "retention_period 48 → 24: records that are older than the new retention",
    });
    expect(
      planNotice(folder, { ...variables, GITHUB_REF: "refs/heads/main" }, "dev").pullRequest,
    ).toBeUndefined();
  });

  it("of a deployment: each stack, with reasons that hold no secret of the environment", () => {
    deployed([
      { name: "01-kinesis", status: "applied", changes: { create: 1, update: 0, replace: 0, delete: 0 } },
      { name: "03-opensearch", status: "failed", reason: "Error: token very-secret-token refused" },
      { name: "05-eks", status: "skipped" },
    ]);
    const { stacks, outcome, durationMs } = deployNotice(folder, variables);
    expect(durationMs).toBe(120_000);
    expect(outcome).toBe("failure");
    expect(stacks[1]).toMatchObject({ isFailed: true, reason: "Error: token (sensitive) refused" });
  });

  it("a deployment that was cut off is no success", () => {
    deployed([{ name: "01-kinesis", status: "applying" }], { finishedAt: undefined });
    expect(deployNotice(folder, variables).outcome).toBe("failure");
    expect(deployNotice(folder, { ...variables, CALI_OUTCOME: "cancelled" }).outcome).toBe("cancelled");
  });

  it("the job's failure is one, whatever the stacks say", () => {
    deployed([{ name: "01-kinesis", status: "unchanged" }]);
    expect(deployNotice(folder, variables).outcome).toBe("success");
    expect(deployNotice(folder, { ...variables, CALI_OUTCOME: "failure" }).outcome).toBe("failure");
  });

  it("a run that left nothing, or something broken, is a failure, with why", () => {
    expect(deployNotice(folder, variables)).toMatchObject({
      outcome: "failure",
      environment: "dev",
      trouble: "The run ended before there was a deployment.",
    });
    writeFileSync(join(folder, "deploy.json"), "{");
    expect(deployNotice(folder, variables).trouble).toMatch(/deploy\.json is not what cali deploy writes/);
    expect(planNotice(folder, variables).trouble).toMatch(/which has no run\.json/);
  });
});

describe("a run that was refused", () => {
  it("says why, with its pull request, and keeps what an earlier try did", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cali-refused-"));
    try {
      const about = { environment: "dev", commit: HEAD, pullRequest: 7 };
      await noteEnd(folder, about, {
        refusal: "main holds the later commit https://github.com/acme/cali/commit/b",
      });
      const refused = deployNotice(folder, { CALI_OUTCOME: "failure" });
      expect(refused).toMatchObject({ outcome: "failure", pullRequest: 7, commit: HEAD, stacks: [] });
      expect(refused.trouble).toContain("main holds the later commit");
      expect(deployNotice(folder, {}).outcome).toBe("failure");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("a run whose commit a later one deploys", () => {
  it("is superseded and not failed, and says by which", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cali-covered-"));
    try {
      const superseded = `Commit ${HEAD} is deployed with the later commit`;
      await noteEnd(folder, { environment: "dev", commit: HEAD }, { superseded });
      const found = deployNotice(folder, { CALI_OUTCOME: "success" });
      expect(found).toMatchObject({ outcome: "superseded", trouble: superseded });
      expect(noticeMessage(found).text).toBe("⏭️ dev: deployment superseded");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("what GitHub knows of a run", () => {
  const github = new GithubServer();
  beforeAll(() => github.listen());
  afterAll(() => github.close());

  // https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
  it("is who approved it, and which of this job's steps failed", async () => {
    const step = (name: string, conclusion: string | null) => ({ name, conclusion });
    const job = (runner_name: string, steps: object[]) => ({
      name: "infrastructure / deploy (dev)",
      status: "in_progress",
      conclusion: null,
      runner_name,
      steps,
    });
    const run = github.run("terraform.yml", HEAD, "in_progress");
    github.runs[0] = {
      ...run,
      approvals: [
        { state: "approved", user: { login: "jun" } },
        { state: "rejected", user: { login: "mina" } },
        { state: "approved", user: { login: "jun" } },
      ],
      jobs: [
        job("other", [step("Theirs", "failure")]),
        job("own", [step("Set up", "success"), step("Run grafana", "failure"), step("Run notify", null)]),
      ],
    };
    const variables = { ...github.environment, GITHUB_RUN_ID: String(run.id), RUNNER_NAME: "own" };
    expect(await runDetails(variables)).toEqual({ approvers: ["jun"], failedSteps: ["Run grafana"] });
    expect(await runDetails({})).toEqual({ approvers: [], failedSteps: [] });
    // Whatever step failed, the pull request is known by the commit.
    github.open("e".repeat(40)).mergeSha = HEAD;
    const push = { ...variables, GITHUB_EVENT_NAME: "push", GITHUB_SHA: HEAD };
    expect(await runDetails(push)).toMatchObject({ approvers: ["jun"], pullRequest: 1 });
    github.refused = ({ path }) => path.endsWith("/pulls");
    expect(await runDetails(push)).toEqual({ approvers: ["jun"], failedSteps: ["Run grafana"] });
    github.refused = undefined;
    await expect(runDetails({ ...variables, GITHUB_RUN_ID: "1" })).rejects.toThrow("GitHub answered 404");
  });
});
