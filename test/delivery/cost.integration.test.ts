import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writePlanRun } from "../support/plan-runs.ts";
import { runCali } from "../support/run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-cost-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cost = (...args: string[]) => runCali(["cost", ...args], { env: { CALI_ENV: "dev" } });

describe("cali cost", () => {
  it("says what dev's budget goes into, of what it synthesizes", async () => {
    const { code, stdout, stderr } = await cost();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/aws_eks_cluster\.main +control plane +730 +0\.1 \/ hour +73\.00/);
    expect(stdout).toMatch(/aws_eks_node_group\.main +2 nodes t3\.medium +1460 +0\.052 \/ hour +75\.92/);
    expect(stdout).toMatch(
      /1 nodes t3\.small\.search +730 +price opensearch\.t3\.small\.search unknown +unknown/,
    );
    expect(stdout).toMatch(/^ {2}nodes, their volumes and addresses +86\.87 +of 30\.00$/m);
    expect(stdout).toMatch(/^Total: .*; budget 182\.00/m);
  });

  it("names the configuration that it is of, beside an environment of the same name", async () => {
    expect((await cost()).stdout).toMatch(/^cali dev in ap-northeast-2, USD a month/);
    const { stdout } = await cost("--env", "terraform-users");
    expect(stdout).toMatch(/^terraform-users \(cali dev\) in ap-northeast-2, USD a month/);
  });

  it("says what plans change", async () => {
    writePlanRun(folder, [
      { name: "01-kinesis", plan: "update" },
      { name: "08-cluster", status: "waiting", waitsFor: ["05-eks"] },
    ]);
    const { code, stdout } = await cost("--plans", folder, "--json");
    expect(code).toBe(0);
    const { stacks, lines } = JSON.parse(stdout);
    expect(stacks["08-cluster"]).toEqual({ before: 0, after: 0, unknown: 1 });
    expect(lines).toContainEqual(
      expect.objectContaining({ address: "aws_kinesis_stream.logs", what: "2 shards" }),
    );
  });

  it("estimates for another day", async () => {
    const { stdout } = await cost("--date", "2027-03-28");
    expect(stdout).toMatch(/extended support of Kubernetes 1\.35 +730 +0\.5 \/ hour +365\.00/);
  });

  it.each([
    [["--plans", "x", "--from-synth"], /cannot be used with option/],
    [["--date", "tomorrow"], /allowed: a day such as 2027-03-28/],
    [["--plans", "/nowhere"], /--plans: given \/nowhere, which has no run\.json/],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await cost(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
