import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Adoption } from "../../config/adoption.ts";
import { stateOf } from "../../delivery/core/report/header.ts";
import { COMMENT_LIMIT, render } from "../../delivery/core/report/render.ts";
import type { StackReport } from "../../delivery/core/report/report.ts";
import { find, parse, shapeOf } from "../support/markdown.ts";
import { type ChangeInput, makePlan, PLANS, planOf } from "../support/plans.ts";
import { plannedStack, reportOf } from "../support/reports.ts";

const GOLDEN = join(import.meta.dirname, "../fixtures/comments");
const LIMITS = { limit: COMMENT_LIMIT, longestLine: 500 };
const comment = (stacks: readonly StackReport[], more = {}) =>
  render(reportOf(stacks, more), LIMITS).markdown;
const commentOf = (name: string) => comment([plannedStack(planOf(name))]);

const POLICY = {
  Version: "2012-10-17",
  Statement: [{ Sid: "Read", Effect: "Allow", Action: ["s3:GetObject"] }],
};

/** Several stacks: one that waits, one that failed, a policy that changes, a price that isn't known, too much money. */
const MANY: readonly StackReport[] = [
  {
    ...plannedStack(planOf("replace")),
    name: "01-kinesis",
    cost: { before: 20.1, after: 31.45, unknown: 0 },
  },
  { ...plannedStack(planOf("no-op")), name: "02-s3", cost: { before: 3.2, after: 3.2, unknown: 1 } },
  {
    name: "06-iam",
    status: "planned",
    plan: makePlan([
      {
        address: "aws_iam_role_policy.consumer",
        actions: ["update"],
        before: { policy: JSON.stringify(POLICY) },
        after: {
          policy: JSON.stringify({
            ...POLICY,
            Statement: [{ ...POLICY.Statement[0], Action: ["s3:GetObject", "s3:PutObject"] }],
          }),
        },
      },
    ]),
  },
  { name: "08-cluster", status: "waiting", waitsFor: ["05-eks"], reason: "its cluster doesn't exist yet" },
  { name: "10-milvus", status: "failed", reason: "Error: no such chart\n  on cdk.tf.json line 12" },
];

/** A move in its first step, and what it would be refused for. */
const MOVE: Adoption = {
  ...{ to: "stacks", step: "import", lineage: "3f0c" },
  objects: [
    { stack: "02-s3", address: "aws_s3_bucket.logs", id: "cali-logs" },
    { stack: "05-eks", address: 'aws_eks_access_entry.team_members["a`b"]', id: "cali:a`b" },
    { stack: "07-ecr", address: "aws_ecr_repository.consumer", id: "cali/consumer" },
  ],
};
const ENTRY = {
  address: 'aws_eks_access_entry.team_members["a`b"]',
  actions: ["no-op"],
  more: { index: "a`b" },
  ...{ before: {}, after: {}, change: { importing: { id: "cali:a`b" } } },
};
const moving = (bucket: ChangeInput, entry: ChangeInput): readonly StackReport[] => [
  plannedStack(
    makePlan(MOVE.objects.map(({ address }) => ({ address, actions: ["no-op"], before: {}, after: {} }))),
  ),
  plannedStack(makePlan([bucket]), "02-s3"),
  plannedStack(makePlan([entry]), "05-eks"),
  { name: "07-ecr", status: "failed", reason: "Error: no such host" },
];
const MOVED = moving(
  {
    ...{ address: "aws_s3_bucket.logs", actions: ["update"] },
    ...{ before: { force_destroy: null }, after: { force_destroy: true } },
    change: { importing: { id: "cali-logs" } },
  },
  ENTRY,
);
const REFUSED = moving(
  { address: "aws_s3_bucket.logs", actions: ["create"], before: null, after: {} },
  { ...ENTRY, change: { importing: { id: "cali:`c" } } },
);

describe("comments of real plans", () => {
  it.each(PLANS)("%s reads as it should", async (name) => {
    await expect(`${commentOf(name)}\n`).toMatchFileSnapshot(join(GOLDEN, `${name}.md`));
  });

  it("several stacks read as they should", async () => {
    const budget = { total: { before: 170, after: 190.55, unknown: 1 }, budgetUsd: 182, isEnforced: true };
    await expect(`${comment(MANY, { budget })}\n`).toMatchFileSnapshot(join(GOLDEN, "several-stacks.md"));
  });

  it("the same in Korean reads as it should", async () => {
    const budget = { total: { before: 170, after: 190.55, unknown: 1 }, budgetUsd: 182, isEnforced: true };
    const text = comment(MANY, { budget, language: "ko" });
    await expect(`${text}\n`).toMatchFileSnapshot(join(GOLDEN, "several-stacks.ko.md"));
  });

  it.each(PLANS)("%s has the same parts in Korean, and fits", (name) => {
    const korean = comment([plannedStack(planOf(name))], { language: "ko" });
    expect(Buffer.byteLength(korean)).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(korean).toMatch(/^## `dev` 변경 계획: /);
    if (name !== "huge") expect(shapeOf(korean)).toEqual(shapeOf(commentOf(name)));
    const headings = find(parse(korean), "heading").flatMap((heading) => find(heading, "text"));
    expect(headings.map(({ value }) => value).join("\n")).not.toMatch(/[A-Za-z]{4}/);
  });

  it.each(["move", "move-refused"])("%s reads as it should", async (name) => {
    const text = comment(name === "move" ? MOVED : REFUSED, { adoption: MOVE });
    await expect(`${text}\n`).toMatchFileSnapshot(join(GOLDEN, `${name}.md`));
    expect(text.split("The move to stacks")).toHaveLength(2);
  });

  it("show no secret", () => {
    for (const name of PLANS) expect(commentOf(name)).not.toMatch(/Passw0rd|An0ther/);
    expect(commentOf("sensitive")).toContain("master_user_password = (sensitive) → (sensitive)");
  });

  it("import, forget and move are changes", () => {
    const labels = PLANS.map((name) => [name, stateOf({ stacks: [plannedStack(planOf(name))] })]);
    expect(Object.fromEntries(labels)).toEqual({
      create: "changes",
      destroy: "destroy",
      drift: "changes",
      forget: "changes",
      huge: "changes",
      import: "changes",
      moved: "changes",
      "no-op": "no-changes",
      replace: "destroy",
      sensitive: "changes",
      update: "changes",
    });
    expect(stateOf({ stacks: [{ name: "a", status: "waiting", waitsFor: ["b"], reason: undefined }] })).toBe(
      "changes",
    );
  });
});

describe("the limit", () => {
  const huge = planOf("huge");
  const destroys: ChangeInput[] = Array.from({ length: 150 }, (_, index) => ({
    address: `aws_sqs_queue.old[${index}]`,
    actions: ["delete"],
    before: { name: `queue-${index}`, policy: JSON.stringify(POLICY), note: "x".repeat(2_000) },
  }));

  it("is kept by a huge plan, and every resource is named", () => {
    const markdown = commentOf("huge");
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(COMMENT_LIMIT);
    for (let index = 0; index < 220; index++) expect(markdown).toContain(`\`aws_iam_policy.big[${index}]\``);
    expect(markdown).toContain("resources without attributes");
  });

  it("cuts nothing that is destroyed, whatever else there is", () => {
    const { markdown, isCut } = render(
      reportOf([plannedStack(huge), plannedStack(makePlan(destroys), "old")]),
      LIMITS,
    );
    expect(isCut).toBe(true);
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(COMMENT_LIMIT);
    const [, list = ""] = markdown.split("### Destroyed or replaced: 150");
    for (let index = 0; index < 150; index++)
      expect(list).toContain(`**destroyed**: \`aws_sqs_queue.old[${index}]\``);
  });

  it("holds for more destroyed objects than fit, and says how many are left out", () => {
    const many = Array.from({ length: 3_000 }, (_, index) => ({
      ...destroys[0],
      address: `aws_x.y[${index}]`,
    }));
    const { markdown } = render(reportOf([plannedStack(makePlan(many as ChangeInput[]))]), LIMITS);
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(markdown).toMatch(/- \*\*and \d+ more\*\*, listed in the whole report/);
  });

  it("holds for data in more objects than fit, and for hundreds of stacks", () => {
    const buckets = Array.from({ length: 2_000 }, (_, index) => ({
      ...destroys[0],
      address: `aws_s3_bucket.with_a_long_name[${index}]`,
    }));
    const some = makePlan(buckets.slice(0, 20) as ChangeInput[]);
    const stacks = Array.from({ length: 300 }, (_, index) => plannedStack(some, `stack-${index}`));
    for (const report of [reportOf([plannedStack(makePlan(buckets as ChangeInput[]))]), reportOf(stacks)]) {
      expect(Buffer.byteLength(render(report, LIMITS).markdown)).toBeLessThanOrEqual(COMMENT_LIMIT);
    }
  });

  it("doesn't apply to the whole report", () => {
    const { markdown, isCut } = render(reportOf([plannedStack(huge)]));
    expect(isCut).toBe(false);
    expect(markdown).toContain("team-219/part-5/*");
  });
});
