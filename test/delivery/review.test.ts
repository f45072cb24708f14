import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SynthesizedStack } from "../../delivery/core/application/application.ts";
import { type ReviewOptions, review } from "../../delivery/core/deployment/review.ts";
import { type PlanRun, readPlanRun } from "../../delivery/core/planning/plan-run.ts";
import { Secrets } from "../../delivery/core/terraform/secrets.ts";
import { type FakeStack, FakeTerraform } from "../support/fake-terraform.ts";
import { type StackInput, writePlanRun } from "../support/plan-runs.ts";
import { type ChangeInput, planJson } from "../support/plans.ts";

const NAME = "01-kinesis";
const DIGEST = "0".repeat(64);
const update = (after: object): ChangeInput => ({
  actions: ["update"],
  before: { shards: 1, retention: 24 },
  after: { shards: 1, retention: 24, ...after },
});
const SHARDS = update({ shards: 2 });
const OTHER: ChangeInput = { address: "aws_ecr_repository.other", actions: ["create"], after: { name: "x" } };
const LOCK_DIGEST = createHash("sha256").update("lock").digest("hex");

let root: string;
let terraform: FakeTerraform;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cali-review-"));
  terraform = new FakeTerraform(root);
  mkdirSync(join(root, "out"));
  vi.stubEnv("PATH", terraform.path);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const planned = (changes: readonly ChangeInput[], over: Partial<StackInput> = {}): StackInput => ({
  name: NAME,
  plan: JSON.stringify(planJson(changes)),
  planFile: `${NAME}.tfplan`,
  lineage: "lineage",
  serial: 3,
  ...over,
});

/** A reviewed run in a folder, its plan file's text `reviewed`. */
function run(input: StackInput, folder = "reviewed"): { run: PlanRun; folder: string } {
  const path = writePlanRun(join(root, folder), [input]);
  writeFileSync(join(path, `${NAME}.tfplan`), folder);
  return { run: readPlanRun(path), folder: path };
}

const now = (over: Partial<FakeStack> = {}) => terraform.stack({ name: NAME, state: { serial: 3 }, ...over });

function reviewed(
  given: { run: PlanRun; folder: string },
  stack: SynthesizedStack = now(),
  over: Partial<ReviewOptions> = {},
) {
  return review(stack, {
    program: terraform.program,
    secrets: new Secrets({}),
    out: join(root, "out"),
    lockTimeout: "0s",
    pluginCache: join(root, "cache"),
    lockFile: () => undefined,
    init: (_, init) => init(),
    onDifference: () => {},
    progress: () => {},
    reviewed: given.run,
    reviewedFolder: given.folder,
    configurationDigest: DIGEST,
    terraformVersion: "1.11.4",
    continues: false,
    ...over,
  });
}

describe("a stack that nobody has reviewed a plan of", () => {
  it.each([
    ["was not planned", { name: "02-s3" }, "it was not planned before: run the workflow by hand"],
    [
      "had to wait",
      planned([], { status: "waiting", reason: "waiting for 05-eks: never applied" }),
      "nobody has reviewed a plan of it: it was waiting for 05-eks: never applied\nRun the workflow by hand, which plans it anew.",
    ],
    [
      "failed, for no reason that was kept",
      planned([], { status: "failed" }),
      "nobody has reviewed a plan of it: it was failed\nRun the workflow by hand, which plans it anew.",
    ],
  ])("waits, and nothing is asked of Terraform: it %s", async (_, input, reason) => {
    expect(await reviewed(run(input))).toEqual({ verdict: "waiting", reason });
    expect(terraform.calls).toEqual([]);
  });
});

describe("a stack where nothing moved", () => {
  it("gets the very plan that was reviewed, and none is made", async () => {
    const found = await reviewed(run(planned([SHARDS])));
    if (found.verdict !== "apply") return expect.fail(found.verdict);
    expect(found.note).toBeUndefined();
    expect(found.ready.planFile).toBe(join(root, "out", `${NAME}.tfplan`));
    expect(readFileSync(found.ready.planFile, "utf8")).toBe("reviewed");
    expect(found.ready.plan.resources.map(({ address }) => address)).toEqual(["aws_kinesis_stream.logs"]);
    expect(terraform.calls).toEqual([`${NAME} init`, `${NAME} state`]);
  });

  it("is unchanged when the reviewed plan had no changes", async () => {
    expect(await reviewed(run(planned([], { status: "no-changes" })))).toEqual({ verdict: "unchanged" });
  });

  it("has the provider lock file that was planned with", async () => {
    const found = await reviewed(run(planned([SHARDS], { lockDigest: LOCK_DIGEST })), now({ lock: "lock" }));
    expect(found).toEqual({ verdict: "apply", ready: expect.anything() });
    expect(terraform.calls).not.toContain(`${NAME} plan`);
  });

  it("was never applied, then as now", async () => {
    const found = await reviewed(
      run(planned([SHARDS], { lineage: undefined, serial: 0 })),
      now({ state: undefined }),
    );
    expect(found.verdict).toBe("apply");
    expect(terraform.calls).not.toContain(`${NAME} plan`);
  });
});

describe("what moved since the review", () => {
  it.each<[string, StackInput, Partial<ReviewOptions>, () => SynthesizedStack]>([
    [
      "the state is another one (its lineage differs)",
      planned([SHARDS], { lineage: "older" }),
      {},
      () => now({ changes: [SHARDS] }),
    ],
    [
      "the state was changed (serial 2, now 3)",
      planned([SHARDS], { serial: 2 }),
      {},
      () => now({ changes: [SHARDS] }),
    ],
    [
      "the configuration was changed",
      planned([SHARDS]),
      { configurationDigest: "1".repeat(64) },
      () => now({ changes: [SHARDS] }),
    ],
    [
      "the program is another one (Terraform 1.11.4, now Terraform 1.12.0)",
      planned([SHARDS]),
      { terraformVersion: "1.12.0" },
      () => now({ changes: [SHARDS] }),
    ],
    [
      "the provider lock file was changed",
      planned([SHARDS], { lockDigest: LOCK_DIGEST }),
      {},
      () => now({ changes: [SHARDS] }),
    ],
    [
      "the provider lock file was changed",
      planned([SHARDS]),
      {},
      () => now({ changes: [SHARDS], lock: "lock" }),
    ],
  ])("is planned anew, applied when that is the same, and said: %s", async (moved, input, over, stack) => {
    const doing: string[] = [];
    const progress = (one: string) => doing.push(one);
    const found = await reviewed(run(input), stack(), { ...over, progress });
    if (found.verdict !== "apply") return expect.fail(found.verdict);
    expect(found.note).toBe(`${moved}; a new plan does the same`);
    expect(readFileSync(found.ready.planFile, "utf8")).not.toBe("reviewed");
    expect(terraform.calls).toEqual(["init", "state", "plan", "show"].map((one) => `${NAME} ${one}`));
    expect(doing).toEqual(["init", "planning anew"]);
  });

  it("is all that moved, in one line", async () => {
    const found = await reviewed(
      run(planned([SHARDS], { lineage: "older", serial: 2 })),
      now({ changes: [SHARDS] }),
      {
        configurationDigest: "1".repeat(64),
      },
    );
    expect(found).toMatchObject({
      note: "the state is another one (its lineage differs), the state was changed (serial 2, now 3), the configuration was changed; a new plan does the same",
    });
  });

  it("is nothing to apply when neither plan changes anything", async () => {
    expect(await reviewed(run(planned([], { status: "no-changes", serial: 2 })))).toEqual({
      verdict: "unchanged",
      note: "the state was changed (serial 2, now 3); a new plan does the same",
    });
  });

  it("waits for an image that is still missing", async () => {
    const images = { requiredVariables: ["consumer_image"] };
    expect(await reviewed(run(planned([SHARDS], { serial: 2 })), now(images))).toEqual({
      verdict: "waiting",
      reason: "there is no image yet: consumer_image",
    });
    expect(terraform.calls).not.toContain(`${NAME} plan`);
  });
});

describe("a new plan that is not the reviewed one", () => {
  const moved = planned([SHARDS, OTHER], { serial: 2 });

  it("is refused, with each difference in a line", async () => {
    const found = await reviewed(run(moved), now({ changes: [update({ shards: 4 }), OTHER] }));
    expect(found).toEqual({
      verdict: "differs",
      reason: [
        `${NAME}: the state was changed (serial 2, now 3), and a new plan is not the reviewed one:`,
        "  aws_kinesis_stream.logs: reviewed: update; now: update",
        "    it becomes shards: 2 in the reviewed plan, 4 now",
      ].join("\n"),
    });
  });

  it("may lack what an earlier try has done, and only when there was one", async () => {
    const rest = () => now({ changes: [OTHER] });
    const continued = await reviewed(run(moved), rest(), { continues: true });
    expect(continued).toMatchObject({
      verdict: "apply",
      note: "the state was changed (serial 2, now 3); a new plan does what is left of the reviewed one",
    });
    const nothing = await reviewed(run(moved), now({ changes: [] }), { continues: true });
    expect(nothing).toEqual({
      verdict: "unchanged",
      note: "the state was changed (serial 2, now 3); a new plan does what is left of the reviewed one",
    });
    expect((await reviewed(run(moved), rest())).verdict).toBe("differs");
  });

  it("may make anew what an earlier try has left half-made, as it was reviewed, and only when there was one", async () => {
    const tainted = (name: string): ChangeInput => ({
      ...{
        address: OTHER.address ?? "",
        actions: ["delete", "create"],
        before: { name: "x" },
        after: { name },
      },
      more: { action_reason: "replace_because_tainted" },
    });
    const again = (one: ChangeInput, continues = true) =>
      reviewed(run(moved), now({ changes: [one] }), { continues });
    expect(await again(tainted("x"))).toMatchObject({ verdict: "apply" });
    expect(await again(tainted("x"), false)).toMatchObject({ verdict: "differs" });
    expect(await again(tainted("y"))).toMatchObject({ verdict: "differs" });
    expect(await again({ ...tainted("x"), more: {} })).toMatchObject({ verdict: "differs" });
  });

  it("is refused of a run that goes on, too, when it does more", async () => {
    const more = { ...OTHER, address: "aws_ecr_repository.more" };
    const found = await reviewed(run(moved), now({ changes: [OTHER, more] }), { continues: true });
    expect(found.verdict).toBe("differs");
  });
});

describe("pull requests that were merged before", () => {
  const own = planned([SHARDS], { serial: 2 });
  const both = () => now({ changes: [SHARDS, OTHER] });

  it("explain what this one does not, where theirs are the only other changes", async () => {
    const earlier = vi.fn(async () => [run(planned([OTHER]), "earlier")]);
    const found = await reviewed(run(own), both(), { earlier });
    expect(found).toMatchObject({
      verdict: "apply",
      note: "the state was changed (serial 2, now 3); a new plan does what was reviewed in this pull request and in those merged before",
    });
    expect(earlier).toHaveBeenCalledOnce();
  });

  it("are not asked for where the reviewed plan is enough", async () => {
    const earlier = vi.fn(async () => []);
    expect((await reviewed(run(own), now({ changes: [SHARDS] }), { earlier })).verdict).toBe("apply");
    expect(earlier).not.toHaveBeenCalled();
  });

  it("explain nothing that none of them has, or that they have no plan of", async () => {
    const others = [
      run(planned([{ ...OTHER, after: { name: "y" } }]), "one"),
      run({ name: "02-s3" }, "two"),
      run(planned([OTHER], { jsonFile: undefined }), "three"),
    ];
    const found = await reviewed(run(own), both(), { earlier: async () => others });
    expect(found).toEqual({
      verdict: "differs",
      reason: [
        `${NAME}: the state was changed (serial 2, now 3), and nobody has reviewed these changes, in this pull request or in the 3 merged before:`,
        "  aws_ecr_repository.other: reviewed: nothing; now: create",
      ].join("\n"),
    });
  });
});
