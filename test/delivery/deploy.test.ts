import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDeployResult } from "../../delivery/core/deployment/deploy-result.ts";
import { readPlanRun } from "../../delivery/core/planning/plan-run.ts";
import { COMMIT, eachWithDeploys, SHARDS, state, statuses, stream } from "../support/deploys.ts";
import { writePlanRun } from "../support/plan-runs.ts";
import { type ChangeInput, planJson } from "../support/plans.ts";

const ALLOWED = "Allowed only with the label allow-data-loss on the pull request, or --allow-data-loss.";

const deploys = eachWithDeploys();

describe("deploying new plans", () => {
  it("applies each stack after those it depends on, and keeps what became of it", async () => {
    const create: ChangeInput = { address: "aws_ecr_repository.one", actions: ["create"], after: {} };
    const stacks = [
      deploys().terraform.stack({
        name: "01-first",
        changes: [
          SHARDS,
          create,
          { ...create, address: "aws_ecr_repository.two" },
          { address: "aws_iam_role.old", actions: ["delete"], before: {} },
          { address: "aws_iam_role.new", actions: ["delete", "create"], before: {}, after: {} },
          { address: "aws_iam_role.read", actions: ["create"], after: {}, more: { mode: "data" } },
        ],
      }),
      deploys().terraform.stack({ name: "02-second", dependencies: ["01-first"], changes: [create] }),
    ];
    const result = await deploys().deployed(stacks, { pullRequest: 7 });
    expect(result).toEqual({
      environment: "dev",
      commit: COMMIT,
      pullRequest: 7,
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      finishedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      stacks: [
        {
          name: "01-first",
          status: "applied",
          changes: { create: 2, update: 1, replace: 1, delete: 1 },
          durationMs: expect.any(Number),
        },
        {
          name: "02-second",
          status: "applied",
          changes: { create: 1, update: 0, replace: 0, delete: 0 },
          durationMs: expect.any(Number),
        },
      ],
    });
    expect(Object.hasOwn(await deploys().deployed(stacks), "pullRequest")).toBe(false);
    expect(readDeployResult(deploys().out)?.stacks).toEqual(
      result.stacks.map((one) => ({ ...one, durationMs: expect.any(Number) })),
    );
    expect(statSync(deploys().out).mode & 0o777).toBe(0o700);
    expect(deploys().terraform.calls.slice(0, 8)).toEqual([
      ...["init", "plan", "show", "apply"].map((command) => `01-first ${command}`),
      ...["init", "plan", "show", "apply"].map((command) => `02-second ${command}`),
    ]);
    expect(deploys().terraform.callsOf("apply")[0]).toBe(
      `01-first apply -input=false -no-color -lock-timeout=7s ${join(deploys().out, "01-first.tfplan")}`,
    );
  });

  it("tells the plans' stacks before it begins, and Terraform's words while it works, without secrets", async () => {
    const first = deploys().terraform.stack({
      name: "01-first",
      changes: [SHARDS],
      before: {
        apply: `cp ${deploys().out}/deploy.json "$fake/during"; echo "aws_iam_role.x: Creating... hunter2-hunter2"; echo secret`,
      },
    });
    const second = deploys().terraform.stack({ name: "02-second", dependencies: ["01-first"] });
    await deploys().deployed([first, second]);
    expect(JSON.parse(readFileSync(join(first.folder, "fake/during"), "utf8")).stacks).toMatchObject([
      { name: "01-first", status: "applying", changes: { update: 1 } },
      { name: "02-second", status: "pending", durationMs: 0 },
    ]);
    expect(deploys().shown).toContain("01-first: aws_iam_role.x: Creating... (sensitive)");
    expect(deploys().shown).not.toContain("hunter2");
    expect(deploys().shown).not.toContain("secret");
    expect(deploys().shown).toContain("01-first: applied");
    expect(deploys().shown).toContain("02-second: unchanged");
  });

  it("goes on beside a stack that failed, and skips what depends on it", async () => {
    const failing = { apply: 'echo "Error: hunter2-hunter2"; exit 1' };
    const result = await deploys().deployed([
      deploys().terraform.stack({ name: "01-first", changes: [SHARDS], before: failing }),
      deploys().terraform.stack({ name: "02-second", dependencies: ["01-first"], changes: [SHARDS] }),
      deploys().terraform.stack({
        name: "03-third",
        dependencies: ["02-second", "01-first"],
        changes: [SHARDS],
      }),
      deploys().terraform.stack({ name: "04-fourth", changes: [SHARDS] }),
    ]);
    expect(statuses(result)).toEqual([
      ["01-first", "failed", "terraform apply ended with 1:\nError: (sensitive)"],
      ["02-second", "skipped", "not deployed: 01-first is failed"],
      ["03-third", "skipped", "not deployed: 02-second is skipped, 01-first is failed"],
      ["04-fourth", "applied"],
    ]);
    expect(deploys().applies().sort()).toEqual(["01-first apply", "04-fourth apply"]);
    expect(deploys().shown).toContain("01-first: failed: terraform apply ended with 1:");
  });

  it("applies nothing where nothing changes, or where an image is still missing", async () => {
    const result = await deploys().deployed([
      deploys().terraform.stack({ name: "01-first", state }),
      deploys().terraform.stack({
        name: "02-second",
        requiredVariables: ["one_image", "image"],
        changes: [SHARDS],
      }),
      deploys().terraform.stack({
        name: "03-third",
        dependencies: ["01-first", "02-second"],
        changes: [SHARDS],
      }),
    ]);
    expect(statuses(result)).toEqual([
      ["01-first", "unchanged"],
      ["02-second", "waiting", "there is no image yet: one_image, image"],
      ["03-third", "skipped", "not deployed: 02-second is waiting"],
    ]);
    expect(deploys().applies()).toEqual([]);
  });

  it("gives Terraform the values of variables", async () => {
    const plan = 'echo "$TF_VAR_image" > "$fake/image"';
    const stack = deploys().terraform.stack({
      name: "01-first",
      requiredVariables: ["image"],
      before: { plan },
    });
    await deploys().deployed([stack], { variables: { TF_VAR_image: "given" } });
    expect(readFileSync(join(stack.folder, "fake/image"), "utf8")).toBe("given\n");
  });

  it("works at as many stacks at once as it may", async () => {
    const meets = (other: string) =>
      `touch ${deploys().root}/$name; while [ ! -e ${deploys().root}/${other} ]; do sleep 0.01; done`;
    const pair = [
      deploys().terraform.stack({
        name: "01-first",
        changes: [SHARDS],
        before: { apply: meets("02-second") },
      }),
      deploys().terraform.stack({
        name: "02-second",
        changes: [SHARDS],
        before: { apply: meets("01-first") },
      }),
    ];
    // Each ends only while the other one is at it.
    expect(statuses(await deploys().deployed(pair, { parallel: 2 }))).toEqual([
      ["01-first", "applied"],
      ["02-second", "applied"],
    ]);
    const alone = {
      apply: `mkdir ${deploys().root}/busy || exit 1; sleep 0.02; rmdir ${deploys().root}/busy`,
    };
    const names = ["03-third", "04-fourth"];
    const result = await deploys().deployed(
      names.map((name) => deploys().terraform.stack({ name, changes: [SHARDS], before: alone })),
      { parallel: 1 },
    );
    expect(statuses(result)).toEqual(names.map((name) => [name, "applied"]));
  });

  it("is nothing without Terraform, and nothing is noted", async () => {
    deploys().terraform.version("1.9.0");
    await expect(deploys().deployed([deploys().terraform.stack({ name: "01-first" })])).rejects.toThrow(
      "Terraform: given 1.9.0; allowed: 1.10.0 or newer",
    );
    expect(readDeployResult(deploys().out)).toBeUndefined();
  });
});

describe("deploying what was reviewed", () => {
  it("applies the very plans, and plans nothing", async () => {
    const stacks = [
      deploys().terraform.stack({ name: "01-first", state, changes: [SHARDS] }),
      deploys().terraform.stack({ name: "02-second", state, dependencies: ["01-first"] }),
    ];
    const result = await deploys().deployed(stacks, {
      reviewed: deploys().reviewed({ "01-first": [SHARDS], "02-second": [] }),
    });
    expect(statuses(result)).toEqual([
      ["01-first", "applied"],
      ["02-second", "unchanged"],
    ]);
    expect(readFileSync(join(deploys().out, "01-first.tfplan"), "utf8")).toBe("reviewed 01-first");
    expect(deploys().terraform.calls.some((call) => call.endsWith(" plan"))).toBe(false);
  });

  it("is refused as a whole before anything is applied, with all that speaks against it", async () => {
    const stacks = [
      deploys().terraform.stack({ name: "01-first", state, changes: [SHARDS] }),
      deploys().terraform.stack({ name: "02-second", state: { serial: 4 } }),
      deploys().terraform.stack({ name: "03-third", state }),
    ];
    const plans = deploys().reviewed({
      "01-first": [SHARDS],
      "02-second": [SHARDS],
      "03-third": [stream("delete")],
    });
    await expect(deploys().deployed(stacks, { reviewed: plans })).rejects.toThrow(
      [
        "Nothing was applied.",
        "02-second: the state was changed (serial 3, now 4), and a new plan is not the reviewed one:",
        "  aws_kinesis_stream.logs: reviewed: update; now: nothing",
        `03-third: aws_kinesis_stream.logs would be destroyed, and with it records that are not consumed yet. ${ALLOWED}`,
        "Remedy: make a pull request of the current state, or run the workflow by hand: it plans anew, and shows that plan before its approval.",
      ].join("\n"),
    );
    expect(deploys().applies()).toEqual([]);
    expect(readDeployResult(deploys().out)).toBeUndefined();
  });

  it("may lose data when that is allowed", async () => {
    const stacks = [deploys().terraform.stack({ name: "01-first", state })];
    const result = await deploys().deployed(stacks, {
      reviewed: deploys().reviewed({ "01-first": [stream("delete")] }),
      allowDataLoss: true,
    });
    expect(statuses(result)).toEqual([["01-first", "applied"]]);
  });

  it("waits for a stack that nobody reviewed, and says why a new plan was applied", async () => {
    const stacks = [
      deploys().terraform.stack({ name: "01-first", state: { serial: 4 }, changes: [SHARDS] }),
      deploys().terraform.stack({ name: "02-second", state: { serial: 4 } }),
      deploys().terraform.stack({ name: "03-third" }),
    ];
    const result = await deploys().deployed(stacks, {
      reviewed: deploys().reviewed({ "01-first": [SHARDS], "02-second": [] }),
    });
    const same = "the state was changed (serial 3, now 4); a new plan does the same";
    expect(statuses(result)).toEqual([
      ["01-first", "applied", same],
      ["02-second", "unchanged", same],
      ["03-third", "waiting", "it was not planned before: run the workflow by hand"],
    ]);
  });

  it("asks for what was merged before when the reviewed plan is not enough", async () => {
    const other: ChangeInput = { address: "aws_ecr_repository.other", actions: ["create"], after: {} };
    const plans = deploys().reviewed({ "01-first": [SHARDS] });
    const folder = writePlanRun(join(deploys().root, "earlier"), [
      { name: "01-first", plan: JSON.stringify(planJson([other])) },
    ]);
    const stacks = [
      deploys().terraform.stack({ name: "01-first", state: { serial: 4 }, changes: [SHARDS, other] }),
    ];
    const earlier = async () => [{ run: readPlanRun(folder), folder }];
    expect(statuses(await deploys().deployed(stacks, { reviewed: plans, earlier }))).toEqual([
      [
        "01-first",
        "applied",
        "the state was changed (serial 3, now 4); a new plan does what was reviewed in this pull request and in those merged before",
      ],
    ]);
    await expect(deploys().deployed(stacks, { reviewed: plans, earlier: async () => [] })).rejects.toThrow(
      "Nothing was applied",
    );
  });
});

describe("a deployment that goes on", () => {
  const rest = () => [deploys().terraform.stack({ name: "01-first", state: { serial: 4 } })];
  const plans = () => deploys().reviewed({ "01-first": [SHARDS] });
  const NOTE = "the state was changed (serial 3, now 4); a new plan does what is left of the reviewed one";
  const note = (over: object) => {
    mkdirSync(deploys().out, { recursive: true });
    const stacks = [{ name: "01-first", status: "failed", durationMs: 1 }];
    const earlier = {
      environment: "dev",
      commit: COMMIT,
      startedAt: "2026-01-25T00:00:00Z",
      stacks,
      ...over,
    };
    writeFileSync(join(deploys().out, "deploy.json"), JSON.stringify(earlier));
  };

  it("takes what an earlier try has done for done", async () => {
    expect(statuses(await deploys().deployed(rest(), { reviewed: plans(), continues: true }))).toEqual([
      ["01-first", "unchanged", NOTE],
    ]);
    rmSync(deploys().out, { recursive: true });
    note({});
    expect(statuses(await deploys().deployed(rest(), { reviewed: plans() }))).toEqual([
      ["01-first", "unchanged", NOTE],
    ]);
  });

  it.each([
    ["of another commit", { commit: "b".repeat(40) }],
    ["of another environment", { environment: "prod" }],
    ["that was refused at once", { stacks: [] }],
  ])("does not from one %s", async (_, over) => {
    note(over);
    await expect(deploys().deployed(rest(), { reviewed: plans() })).rejects.toThrow("Nothing was applied");
  });
});
