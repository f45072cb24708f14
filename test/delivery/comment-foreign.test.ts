import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { commentOf, reportOfPlan } from "../../delivery/core/report/plan-report.ts";
import { render } from "../../delivery/core/report/render.ts";
import { type ChangeInput, change, makePlan, planJson } from "../support/plans.ts";
import { plannedStack, reportOf } from "../support/reports.ts";

/** Plans of other programs, versions and shells than those of the pipeline. */

const folder = mkdtempSync(join(tmpdir(), "cali-foreign-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function commentOn(plan: unknown | Buffer): string {
  const file = join(folder, "plan.json");
  writeFileSync(file, Buffer.isBuffer(plan) ? plan : JSON.stringify(plan));
  return commentOf(reportOfPlan(file));
}

const RENAMED: ChangeInput = {
  address: "aws_db_instance.shop",
  actions: ["update"],
  before: { password: "first-made-up", engine: "postgres" },
  after: { password: "second-made-up", engine: "postgres" },
};

describe("a plan of Terraform before 0.15, which has no masks", () => {
  const { before_sensitive, after_sensitive, ...rest } = change(RENAMED).change;
  const plan = {
    ...planJson([]),
    format_version: "0.1",
    resource_changes: [{ ...change(RENAMED), change: rest }],
    output_changes: { token: { actions: ["create"], before: null, after: "third-made-up" } },
  };

  it("is shown without any value, and says so", () => {
    const markdown = commentOn(plan);
    expect(markdown).not.toMatch(/made-up/);
    expect(markdown).toContain("! password = (sensitive) → (sensitive)");
    expect(markdown).toContain("+ token = (sensitive)");
    expect(markdown).toContain("> **No value is shown** of `plan`: the plan doesn't say which are secret.");
    expect(commentOn(planJson([RENAMED]))).not.toContain("No value is shown");
  });
});

describe("a file as it was written", () => {
  const text = JSON.stringify(planJson([{ actions: ["update"], before: { n: "é" }, after: { n: "ü" } }]));

  it.each([
    ["by Windows PowerShell", Buffer.from(`\u{feff}${text}`, "utf16le")],
    ["with a mark of the byte order", Buffer.from(`\u{feff}${text}`)],
    [
      "by setup-terraform's wrapper",
      Buffer.from(`[command]/opt/terraform-bin show -json x\n${text}\n\n::debug::exitcode: 0\n`),
    ],
  ])("%s is read", (_, bytes) => {
    expect(commentOn(bytes)).toContain('! n = "é" → "ü"');
  });
});

describe("what was changed outside", () => {
  const at = (retention: number) => ({ retention, name: "logs" });
  const drift = (after: unknown, more = {}) => ({
    resource_drift: [change({ actions: ["update"], before: at(24), after, more })],
  });
  const update = (retention: number): ChangeInput => ({
    actions: ["update"],
    before: at(48),
    after: at(retention),
  });

  it("is set back only where the plan makes it what it was", () => {
    expect(commentOn(planJson([update(24)], drift(at(48))))).toContain("Applying this plan sets these back.");
    const other = commentOn(planJson([update(96)], drift(at(48))));
    expect(other).toContain("Applying this plan changes these again, to other values than before.");
    expect(other).not.toContain("sets these back");
  });

  it("goes into the state with a refresh-only plan, which changes no object", () => {
    const markdown = commentOn(planJson([], { ...drift(at(48)), applyable: true }));
    expect(markdown).toContain("applying writes into the state what was changed outside.");
    expect(markdown).toContain("! retention = 24 → 48");
    expect(markdown).not.toContain("nothing to apply");
    // Without anything to apply, what AWS filled in by itself is no news.
    expect(commentOn(planJson([], drift(at(48))))).toContain("There is nothing to apply.");
  });

  it("has no address in Terraform 1.0", () => {
    const plan = planJson([update(24)], drift(at(48), { address: undefined }));
    expect(commentOn(plan)).toContain("`aws_kinesis_stream.logs`");
  });
});

describe("a secret in another form", () => {
  const secret = "Zebra&Crossing-77";
  const base64 = Buffer.from(secret).toString("base64");
  it.each([
    ["hexadecimal", Buffer.from(secret).toString("hex")],
    ["hexadecimal in capitals", Buffer.from(secret).toString("hex").toUpperCase()],
    ["Base64 of Base64", Buffer.from(base64).toString("base64")],
    ["a URL", `https://u:${encodeURIComponent(secret)}@host/`],
    ["an escaped document", JSON.stringify({ inner: JSON.stringify({ secret }) })],
  ])("is not shown: %s", (_, value) => {
    const after = { secret, value: `x ${value}`, alone: value };
    const markdown = commentOn(planJson([{ actions: ["create"], after, afterSensitive: { secret: true } }]));
    expect(markdown).not.toMatch(/zebra/i);
    expect(markdown).not.toContain(value);
  });
});

describe("the title", () => {
  const title = (stacks: Parameters<typeof reportOf>[0]) =>
    render(reportOf(stacks)).markdown.split("\n")[0]?.replace("## Plan of `dev`: ", "");
  const none = plannedStack(makePlan([]), "a");
  const failed = { name: "b", status: "failed", reason: "no" } as const;
  const waiting = { name: "c", status: "waiting", waitsFor: ["a"], reason: undefined } as const;

  it("never says that nothing changes where a plan fails or waits", () => {
    expect(title([none])).toBe("no changes in 1 stack");
    expect(title([failed])).toBe("1 failed");
    expect(title([none, failed, waiting])).toBe("no changes in 1 of 3 stacks, 1 failed, 1 waits");
    expect(title([plannedStack(makePlan([], { errored: true }))])).toBe("1 failed");
    expect(render(reportOf([none, waiting])).markdown).not.toContain("nothing to apply");
    expect(commentOn(planJson([], { errored: true }))).toContain("## Plan of `plan`: failed");
  });
});
