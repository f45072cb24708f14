import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { commentOf, reportOfPlan } from "../../delivery/core/report/plan-report.ts";
import { COMMENT_LIMIT, render } from "../../delivery/core/report/render.ts";
import { makePlan } from "../support/plans.ts";
import { plannedStack, reportOf } from "../support/reports.ts";
import { runCali } from "../support/run.ts";

/** Plans that are not of the everyday kind, each as `cali comment --plan-json FILE --print` writes it. */

const PLANS = join(import.meta.dirname, "../fixtures/strange-plans");
const GOLDEN = join(import.meta.dirname, "../fixtures/comments/strange");
const names = readdirSync(PLANS)
  .filter((file) => file.endsWith(".json"))
  .map((file) => basename(file, ".json"));
const commentOn = (name: string) => commentOf(reportOfPlan(join(PLANS, `${name}.json`)));

describe("the comment of", () => {
  it.each(names)("%s reads as it should", async (name) => {
    await expect(`${commentOn(name)}\n`).toMatchFileSnapshot(join(GOLDEN, `${name}.md`));
  });
});

describe("what a comment never says", () => {
  it("a secret, as key of a map, of for_each, in a list, in Base64, in JSON, in an address, indented", () => {
    expect(readFileSync(join(PLANS, "secret-key.json"), "utf8")).toContain("hunter2-very-secret");
    expect(commentOn("secret-key")).not.toContain("hunter2");
    const markdown = commentOn("values-and-secrets");
    expect(markdown).not.toMatch(/made-up-token|MIIEvQ|q83vMade|bWFkZS11cC10b2tlbi/);
    expect(markdown).toContain('terraform_data.each["(sensitive)"]');
  });

  it("that a part of a plan is applied, or that an action or a failing check is nothing", () => {
    expect(commentOn("errored")).toContain("it can't be applied");
    for (const name of ["errored", "action-only", "checks-only", "drift-contradiction"]) {
      expect(commentOn(name)).not.toMatch(/Merging applies|nothing to apply/);
    }
    expect(commentOn("drift-contradiction")).not.toContain("sets these back");
  });
});

describe("a comment on text", () => {
  const commentOn = (before: unknown, after: unknown) =>
    render(
      reportOf([
        plannedStack(makePlan([{ actions: ["update"], before: { text: before }, after: { text: after } }])),
      ]),
      { limit: COMMENT_LIMIT, longestLine: 500 },
    ).markdown;

  it("shows a difference at the end of a line of a megabyte, alone or among others", () => {
    const long = "0123456789".repeat(100_000);
    const markdown = commentOn(`${long} ends with 96Mi`, `${long} ends with 512Mi`);
    expect(markdown).toContain("ends with 96Mi");
    expect(markdown).toContain("ends with 512Mi");
    const among = commentOn(`a\n${long} ends with 96Mi\nb`, `a\n${long} ends with 512Mi\nb`);
    expect(among).toMatch(/^-.* characters that stay.*ends with 96Mi$/m);
    expect(among).toMatch(/^\+.* characters that stay.*ends with 512Mi$/m);
  });

  it("says when only comments of YAML change, or a secret that is not shown", () => {
    expect(commentOn("# a\nx: 1\n", "# b\nx: 1\n")).toContain("text: only comments or spacing change");
  });
});

describe("cali comment --plan-json", () => {
  const print = (file: string, env = {}) => runCali(["comment", "--plan-json", file, "--print"], { env });

  it("needs neither a configuration nor GitHub", async () => {
    const { code, stdout, stderr } = await print(join(PLANS, "action-only.json"), {
      GITHUB_REPOSITORY: "",
      CALI_ENV: "",
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`${commentOn("action-only")}\n`);
  });

  it("ends with 2 and one line when it is no plan", async () => {
    const { code, stdout, stderr } = await print("no-such-plan.json");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      "no-such-plan.json: given nothing that can be read (ENOENT); allowed: the output of terraform show -json <plan>\n",
    );
  });
});
