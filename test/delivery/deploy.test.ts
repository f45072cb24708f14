import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SynthesizedStack } from "../../delivery/core/application/application.ts";
import { type DeployOptions, deploy } from "../../delivery/core/deployment/deploy.ts";
import { DeployJournal, noteEnd, readDeployResult } from "../../delivery/core/deployment/deploy-result.ts";
import { DeployResultError } from "../../delivery/core/errors.ts";
import { readPlanRun } from "../../delivery/core/planning/plan-run.ts";
import { FakeTerraform } from "../support/fake-terraform.ts";
import { type StackInput, writePlanRun } from "../support/plan-runs.ts";
import { type ChangeInput, planJson } from "../support/plans.ts";

const COMMIT = "a".repeat(40);
const ALLOWED = "Allowed only with the label allow-data-loss on the pull request, or --allow-data-loss.";
const SHARDS: ChangeInput = { actions: ["update"], before: { shards: 1 }, after: { shards: 2 } };
const stream = (...actions: string[]): ChangeInput => ({
  actions,
  before: { name: "logs" },
  after: { name: "logs" },
});

/** What users have in the same root. */
const FOREIGN = [
  "aws_sns_topic.alerts",
  'aws_s3_bucket.copies["a"]',
  "helm_release.milvus",
  "kubernetes_namespace_v1.airflow",
  "opensearch_index_template.logs",
  "null_resource.hook[0]",
  'module.queues.aws_sqs_queue.this["a"]',
  "module.more.aws_kinesis_stream.logs",
];

let root: string;
let terraform: FakeTerraform;
let shown: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cali-deploy-"));
  terraform = new FakeTerraform(root);
  shown = "";
  vi.stubEnv("PATH", terraform.path);
  vi.stubEnv("A_TOKEN", "hunter2-hunter2");
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      shown += text;
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const out = () => join(root, "out");
function deployed(stacks: readonly SynthesizedStack[], over: Partial<DeployOptions> = {}) {
  return deploy({
    application: { stacks, digest: "0".repeat(64) },
    stacks,
    environment: "dev",
    commit: COMMIT,
    out: out(),
    allowDataLoss: false,
    allowForeign: false,
    continues: false,
    parallel: 4,
    lockTimeout: "7s",
    ...over,
  });
}
const statuses = ({ stacks }: Awaited<ReturnType<typeof deploy>>) =>
  stacks.map(({ name, status, reason }) => (reason === undefined ? [name, status] : [name, status, reason]));
const applies = () => terraform.calls.filter((call) => call.endsWith(" apply"));

/** A reviewed run of these stacks, each with what its plan changes. */
function reviewed(stacks: Readonly<Record<string, readonly ChangeInput[]>>, more: Partial<StackInput> = {}) {
  const folder = writePlanRun(
    join(root, "reviewed"),
    Object.entries(stacks).map(([name, changes]) => ({
      name,
      plan: JSON.stringify(planJson(changes)),
      planFile: `${name}.tfplan`,
      status: changes.length > 0 ? ("changes" as const) : ("no-changes" as const),
      lineage: "lineage",
      serial: 3,
      ...more,
    })),
  );
  for (const name of Object.keys(stacks)) writeFileSync(join(folder, `${name}.tfplan`), `reviewed ${name}`);
  return { run: readPlanRun(folder), folder };
}
const state = { serial: 3 };

describe("deploying new plans", () => {
  it("applies each stack after those it depends on, and keeps what became of it", async () => {
    const create: ChangeInput = { address: "aws_ecr_repository.one", actions: ["create"], after: {} };
    const stacks = [
      terraform.stack({
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
      terraform.stack({ name: "02-second", dependencies: ["01-first"], changes: [create] }),
    ];
    const result = await deployed(stacks, { pullRequest: 7 });
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
    expect(Object.hasOwn(await deployed(stacks), "pullRequest")).toBe(false);
    expect(readDeployResult(out())?.stacks).toEqual(
      result.stacks.map((one) => ({ ...one, durationMs: expect.any(Number) })),
    );
    expect(statSync(out()).mode & 0o777).toBe(0o700);
    expect(terraform.calls.slice(0, 8)).toEqual([
      ...["init", "plan", "show", "apply"].map((command) => `01-first ${command}`),
      ...["init", "plan", "show", "apply"].map((command) => `02-second ${command}`),
    ]);
    expect(terraform.callsOf("apply")[0]).toBe(
      `01-first apply -input=false -no-color -lock-timeout=7s ${join(out(), "01-first.tfplan")}`,
    );
  });

  it("tells the plans' stacks before it begins, and Terraform's words while it works, without secrets", async () => {
    const first = terraform.stack({
      name: "01-first",
      changes: [SHARDS],
      before: {
        apply: `cp ${out()}/deploy.json "$fake/during"; echo "aws_iam_role.x: Creating... hunter2-hunter2"; echo secret`,
      },
    });
    const second = terraform.stack({ name: "02-second", dependencies: ["01-first"] });
    await deployed([first, second]);
    expect(JSON.parse(readFileSync(join(first.folder, "fake/during"), "utf8")).stacks).toMatchObject([
      { name: "01-first", status: "applying", changes: { update: 1 } },
      { name: "02-second", status: "pending", durationMs: 0 },
    ]);
    expect(shown).toContain("01-first: aws_iam_role.x: Creating... (sensitive)");
    expect(shown).not.toContain("hunter2");
    expect(shown).not.toContain("secret");
    expect(shown).toContain("01-first: applied");
    expect(shown).toContain("02-second: unchanged");
  });

  it("goes on beside a stack that failed, and skips what depends on it", async () => {
    const failing = { apply: 'echo "Error: hunter2-hunter2"; exit 1' };
    const result = await deployed([
      terraform.stack({ name: "01-first", changes: [SHARDS], before: failing }),
      terraform.stack({ name: "02-second", dependencies: ["01-first"], changes: [SHARDS] }),
      terraform.stack({ name: "03-third", dependencies: ["02-second", "01-first"], changes: [SHARDS] }),
      terraform.stack({ name: "04-fourth", changes: [SHARDS] }),
    ]);
    expect(statuses(result)).toEqual([
      ["01-first", "failed", "terraform apply ended with 1:\nError: (sensitive)"],
      ["02-second", "skipped", "not deployed: 01-first is failed"],
      ["03-third", "skipped", "not deployed: 02-second is skipped, 01-first is failed"],
      ["04-fourth", "applied"],
    ]);
    expect(applies().sort()).toEqual(["01-first apply", "04-fourth apply"]);
    expect(shown).toContain("01-first: failed: terraform apply ended with 1:");
  });

  it("applies nothing where nothing changes, or where an image is still missing", async () => {
    const result = await deployed([
      terraform.stack({ name: "01-first", state }),
      terraform.stack({ name: "02-second", requiredVariables: ["one_image", "image"], changes: [SHARDS] }),
      terraform.stack({ name: "03-third", dependencies: ["01-first", "02-second"], changes: [SHARDS] }),
    ]);
    expect(statuses(result)).toEqual([
      ["01-first", "unchanged"],
      ["02-second", "waiting", "there is no image yet: one_image, image"],
      ["03-third", "skipped", "not deployed: 02-second is waiting"],
    ]);
    expect(applies()).toEqual([]);
  });

  it("gives Terraform the values of variables", async () => {
    const plan = 'echo "$TF_VAR_image" > "$fake/image"';
    const stack = terraform.stack({ name: "01-first", requiredVariables: ["image"], before: { plan } });
    await deployed([stack], { variables: { TF_VAR_image: "given" } });
    expect(readFileSync(join(stack.folder, "fake/image"), "utf8")).toBe("given\n");
  });

  it("works at as many stacks at once as it may", async () => {
    const meets = (other: string) =>
      `touch ${root}/$name; while [ ! -e ${root}/${other} ]; do sleep 0.01; done`;
    const pair = [
      terraform.stack({ name: "01-first", changes: [SHARDS], before: { apply: meets("02-second") } }),
      terraform.stack({ name: "02-second", changes: [SHARDS], before: { apply: meets("01-first") } }),
    ];
    // Each ends only while the other one is at it.
    expect(statuses(await deployed(pair, { parallel: 2 }))).toEqual([
      ["01-first", "applied"],
      ["02-second", "applied"],
    ]);
    const alone = { apply: `mkdir ${root}/busy || exit 1; sleep 0.02; rmdir ${root}/busy` };
    const names = ["03-third", "04-fourth"];
    const result = await deployed(
      names.map((name) => terraform.stack({ name, changes: [SHARDS], before: alone })),
      { parallel: 1 },
    );
    expect(statuses(result)).toEqual(names.map((name) => [name, "applied"]));
  });

  it("is nothing without Terraform, and nothing is noted", async () => {
    terraform.version("1.9.0");
    await expect(deployed([terraform.stack({ name: "01-first" })])).rejects.toThrow(
      "Terraform: given 1.9.0; allowed: 1.10.0 or newer",
    );
    expect(readDeployResult(out())).toBeUndefined();
  });
});

describe("the loss of data", () => {
  const RETENTION: ChangeInput = {
    actions: ["update"],
    before: { retention_period: 168 },
    after: { retention_period: 24 },
  };
  const KEY: ChangeInput = {
    address: 'aws_eks_access_entry.team["ann"]',
    actions: ["delete"],
    before: {},
    more: { action_reason: "delete_because_each_key" },
  };
  const UNPROTECTED: ChangeInput = {
    address: "aws_s3_bucket.x",
    actions: ["update"],
    before: { force_destroy: false },
    after: { force_destroy: true },
  };

  it.each([
    [
      "is destroyed",
      stream("delete"),
      "aws_kinesis_stream.logs would be destroyed, and with it records that are not consumed yet.",
    ],
    [
      "is replaced",
      stream("create", "delete"),
      "aws_kinesis_stream.logs would be replaced, and with it records that are not consumed yet.",
    ],
    [
      "gets smaller",
      RETENTION,
      "aws_kinesis_stream.logs: retention_period would change from 168 to 24, and with it goes: records that are older than the new retention.",
    ],
    [
      "leaves for_each",
      KEY,
      'aws_eks_access_entry.team["ann"] would be destroyed, since its key is no longer in for_each.',
    ],
  ])("is refused unless it is allowed: what %s", async (_, change, problem) => {
    const stacks = [
      terraform.stack({ name: "01-first", changes: [SHARDS, change] }),
      terraform.stack({ name: "02-second", dependencies: ["01-first"] }),
    ];
    expect(statuses(await deployed(stacks))).toEqual([
      ["01-first", "refused", `01-first: ${problem} ${ALLOWED}`],
      ["02-second", "skipped", "not deployed: 01-first is refused"],
    ]);
    expect(applies()).toEqual([]);
    expect(statuses(await deployed(stacks, { allowDataLoss: true }))).toMatchObject([
      ["01-first", "applied"],
      ["02-second", "unchanged"],
    ]);
  });

  it.each(FOREIGN)("is refused in the shared state unless its own label allows it: %s", async (address) => {
    const change: ChangeInput = { address, actions: ["delete"], before: { id: "1" } };
    const [stack, other] = ["infra", "02-s3"].map((name) => terraform.stack({ name, changes: [change] }));
    writeFileSync(join(stack?.folder ?? "", "cdk.tf.json"), "{}");
    const loss = { allowDataLoss: true };
    expect(statuses(await deployed([stack as never], loss))).toEqual([
      [
        "infra",
        "refused",
        `infra: ${address} would be destroyed, and CALI never made it: cali switch --hcl takes it along, and \`removed\` in the overrides forgets it. Allowed only with the label allow-foreign-destroy on the pull request, or --allow-foreign-destroy.`,
      ],
    ]);
    expect(applies()).toEqual([]);
    expect(statuses(await deployed([stack as never], { ...loss, allowForeign: true }))).toEqual([
      ["infra", "applied"],
    ]);
    // A state of CALI's alone has nothing of others.
    expect(statuses(await deployed([other as never], loss))).toEqual([["02-s3", "applied"]]);
  });

  it("is told of everything at once, in a line each", async () => {
    const stack = terraform.stack({ name: "01-first", changes: [stream("delete"), KEY] });
    const [[, , reason = ""] = []] = statuses(await deployed([stack]));
    expect(reason.split("\n")).toHaveLength(2);
  });

  it("is not what only takes a protection away", async () => {
    const stack = terraform.stack({ name: "01-first", changes: [UNPROTECTED] });
    expect(statuses(await deployed([stack]))).toEqual([["01-first", "applied"]]);
  });
});

describe("an apply that a pending Helm release refuses", () => {
  const refused = `if [ ! -e $fake/recovered ]; then touch $fake/recovered
echo "Error: another operation (install/upgrade/rollback) is in progress"; exit 1; fi`;
  const stack = () =>
    terraform.stack({ name: "10-milvus", state, changes: [SHARDS], before: { apply: refused } });

  it("is tried once more after the release was recovered, planned anew or as reviewed", async () => {
    const asked: [string, Date][] = [];
    const recoverReleases = async ({ name }: SynthesizedStack, before: Date) => {
      asked.push([name, before]);
      return ["milvus/milvus: recovered"];
    };
    const begin = Date.now();
    for (const more of [{}, { reviewed: reviewed({ "10-milvus": [SHARDS] }) }]) {
      const one = stack();
      rmSync(join(one.folder, "fake/recovered"), { force: true });
      expect(statuses(await deployed([one], { recoverReleases, ...more }))).toEqual([
        ["10-milvus", "applied", "milvus/milvus: recovered"],
      ]);
    }
    expect(asked.map(([name]) => name)).toEqual(["10-milvus", "10-milvus"]);
    expect(asked.every(([, before]) => before.getTime() >= begin)).toBe(true);
    expect(applies()).toHaveLength(4);
  });

  it("has failed when there is none to recover: somebody works on it", async () => {
    const result = await deployed([stack()], { recoverReleases: async () => [] });
    expect(statuses(result)).toEqual([
      [
        "10-milvus",
        "failed",
        "terraform apply ended with 1:\nError: another operation (install/upgrade/rollback) is in progress",
      ],
    ]);
    expect(applies()).toHaveLength(1);
  });
});

describe("deploying what was reviewed", () => {
  it("applies the very plans, and plans nothing", async () => {
    const stacks = [
      terraform.stack({ name: "01-first", state, changes: [SHARDS] }),
      terraform.stack({ name: "02-second", state, dependencies: ["01-first"] }),
    ];
    const result = await deployed(stacks, { reviewed: reviewed({ "01-first": [SHARDS], "02-second": [] }) });
    expect(statuses(result)).toEqual([
      ["01-first", "applied"],
      ["02-second", "unchanged"],
    ]);
    expect(readFileSync(join(out(), "01-first.tfplan"), "utf8")).toBe("reviewed 01-first");
    expect(terraform.calls.some((call) => call.endsWith(" plan"))).toBe(false);
  });

  it("is refused as a whole before anything is applied, with all that speaks against it", async () => {
    const stacks = [
      terraform.stack({ name: "01-first", state, changes: [SHARDS] }),
      terraform.stack({ name: "02-second", state: { serial: 4 } }),
      terraform.stack({ name: "03-third", state }),
    ];
    const plans = reviewed({ "01-first": [SHARDS], "02-second": [SHARDS], "03-third": [stream("delete")] });
    await expect(deployed(stacks, { reviewed: plans })).rejects.toThrow(
      [
        "Nothing was applied.",
        "02-second: the state was changed (serial 3, now 4), and a new plan is not the reviewed one:",
        "  aws_kinesis_stream.logs: reviewed: update; now: nothing",
        `03-third: aws_kinesis_stream.logs would be destroyed, and with it records that are not consumed yet. ${ALLOWED}`,
        "Remedy: make a pull request of the current state, or run the workflow by hand: it plans anew, and shows that plan before its approval.",
      ].join("\n"),
    );
    expect(applies()).toEqual([]);
    expect(readDeployResult(out())).toBeUndefined();
  });

  it("may lose data when that is allowed", async () => {
    const stacks = [terraform.stack({ name: "01-first", state })];
    const result = await deployed(stacks, {
      reviewed: reviewed({ "01-first": [stream("delete")] }),
      allowDataLoss: true,
    });
    expect(statuses(result)).toEqual([["01-first", "applied"]]);
  });

  it("waits for a stack that nobody reviewed, and says why a new plan was applied", async () => {
    const stacks = [
      terraform.stack({ name: "01-first", state: { serial: 4 }, changes: [SHARDS] }),
      terraform.stack({ name: "02-second", state: { serial: 4 } }),
      terraform.stack({ name: "03-third" }),
    ];
    const result = await deployed(stacks, { reviewed: reviewed({ "01-first": [SHARDS], "02-second": [] }) });
    const same = "the state was changed (serial 3, now 4); a new plan does the same";
    expect(statuses(result)).toEqual([
      ["01-first", "applied", same],
      ["02-second", "unchanged", same],
      ["03-third", "waiting", "it was not planned before: run the workflow by hand"],
    ]);
  });

  it("asks for what was merged before when the reviewed plan is not enough", async () => {
    const other: ChangeInput = { address: "aws_ecr_repository.other", actions: ["create"], after: {} };
    const plans = reviewed({ "01-first": [SHARDS] });
    const folder = writePlanRun(join(root, "earlier"), [
      { name: "01-first", plan: JSON.stringify(planJson([other])) },
    ]);
    const stacks = [terraform.stack({ name: "01-first", state: { serial: 4 }, changes: [SHARDS, other] })];
    const earlier = async () => [{ run: readPlanRun(folder), folder }];
    expect(statuses(await deployed(stacks, { reviewed: plans, earlier }))).toEqual([
      [
        "01-first",
        "applied",
        "the state was changed (serial 3, now 4); a new plan does what was reviewed in this pull request and in those merged before",
      ],
    ]);
    await expect(deployed(stacks, { reviewed: plans, earlier: async () => [] })).rejects.toThrow(
      "Nothing was applied",
    );
  });
});

describe("a deployment that goes on", () => {
  const rest = () => [terraform.stack({ name: "01-first", state: { serial: 4 } })];
  const plans = () => reviewed({ "01-first": [SHARDS] });
  const NOTE = "the state was changed (serial 3, now 4); a new plan does what is left of the reviewed one";
  const note = (over: object) => {
    mkdirSync(out(), { recursive: true });
    const stacks = [{ name: "01-first", status: "failed", durationMs: 1 }];
    const earlier = {
      environment: "dev",
      commit: COMMIT,
      startedAt: "2026-01-25T00:00:00Z",
      stacks,
      ...over,
    };
    writeFileSync(join(out(), "deploy.json"), JSON.stringify(earlier));
  };

  it("takes what an earlier try has done for done", async () => {
    expect(statuses(await deployed(rest(), { reviewed: plans(), continues: true }))).toEqual([
      ["01-first", "unchanged", NOTE],
    ]);
    rmSync(out(), { recursive: true });
    note({});
    expect(statuses(await deployed(rest(), { reviewed: plans() }))).toEqual([
      ["01-first", "unchanged", NOTE],
    ]);
  });

  it.each([
    ["of another commit", { commit: "b".repeat(40) }],
    ["of another environment", { environment: "prod" }],
    ["that was refused at once", { stacks: [] }],
  ])("does not from one %s", async (_, over) => {
    note(over);
    await expect(deployed(rest(), { reviewed: plans() })).rejects.toThrow("Nothing was applied");
  });
});

describe("a plan that is stale by the time it is applied", () => {
  const once = (more: string) => ({
    apply: `if [ ! -e "$fake/once" ]; then touch "$fake/once"; ${more} echo "Error: Saved plan is stale"; exit 1; fi`,
  });
  const moves = 'sed -i s/:3,/:4,/ "$fake/state";';

  it("is looked at once more, and applied when it still does what was reviewed", async () => {
    const stack = terraform.stack({ name: "01-first", state, changes: [SHARDS], before: once(moves) });
    const result = await deployed([stack], { reviewed: reviewed({ "01-first": [SHARDS] }) });
    expect(statuses(result)).toEqual([
      ["01-first", "applied", "the state was changed (serial 3, now 4); a new plan does the same"],
    ]);
    expect(applies()).toHaveLength(2);
  });

  it("is refused when it does something else by then, or would lose data", async () => {
    const becomes = (changes: readonly ChangeInput[]) => {
      const file = join(root, "next.json");
      writeFileSync(file, JSON.stringify(planJson(changes)));
      return `${moves} cp ${file} "$fake/show";`;
    };
    const other = terraform.stack({
      name: "01-first",
      state,
      before: once(becomes([SHARDS, stream("delete")])),
    });
    const [[, status, reason] = []] = statuses(
      await deployed([other], { reviewed: reviewed({ "01-first": [SHARDS] }) }),
    );
    expect(status).toBe("refused");
    expect(reason).toContain("a new plan is not the reviewed one");

    const earlier = async () => [{ run: readPlanRun(join(root, "merged")), folder: join(root, "merged") }];
    writePlanRun(join(root, "merged"), [
      { name: "02-second", plan: JSON.stringify(planJson([stream("delete")])) },
    ]);
    const own: ChangeInput = { address: "aws_ecr_repository.own", actions: ["create"], after: {} };
    const lossy = terraform.stack({
      name: "02-second",
      state,
      before: once(becomes([own, stream("delete")])),
    });
    const refused = await deployed([lossy], { reviewed: reviewed({ "02-second": [own] }), earlier });
    expect(statuses(refused)).toEqual([
      [
        "02-second",
        "refused",
        `02-second: aws_kinesis_stream.logs would be destroyed, and with it records that are not consumed yet. ${ALLOWED}`,
      ],
    ]);
    expect(applies()).toEqual(["01-first apply", "02-second apply"]);
  });

  it("has failed where nothing was reviewed, or for any other reason", async () => {
    const stale = terraform.stack({ name: "01-first", changes: [SHARDS], before: once("") });
    expect(statuses(await deployed([stale]))).toEqual([
      ["01-first", "failed", "terraform apply ended with 1:\nError: Saved plan is stale"],
    ]);
    const broken = terraform.stack({ name: "02-second", state, before: { apply: "echo other; exit 1" } });
    const result = await deployed([broken], { reviewed: reviewed({ "02-second": [SHARDS] }) });
    expect(statuses(result)).toEqual([["02-second", "failed", "terraform apply ended with 1:\nother"]]);
    expect(applies()).toHaveLength(2);
  });
});

describe("deploy.json", () => {
  const about = { environment: "dev", commit: COMMIT };
  const write = (text: string) => {
    mkdirSync(out(), { recursive: true });
    writeFileSync(join(out(), "deploy.json"), text);
  };
  const startedAt = "2026-01-25T00:00:00.000Z";

  it("may be missing, and has every status that there is", () => {
    expect(readDeployResult(out())).toBeUndefined();
    const names = ["pending", "applying", "applied", "unchanged", "waiting", "failed", "skipped", "refused"];
    const stacks = names.map((status) => ({ name: "01-first", status, durationMs: 0 }));
    write(JSON.stringify({ ...about, startedAt, stacks }));
    expect(readDeployResult(out())).toEqual({ ...about, startedAt, stacks });
  });

  it.each([
    ["no JSON", "{", "deploy.json is not what cali deploy writes:\nit is no JSON"],
    [
      "another status",
      JSON.stringify({ ...about, startedAt, stacks: [{ name: "x", status: "y" }] }),
      "status",
    ],
    ["no stacks", JSON.stringify({ ...about, startedAt }), "stacks"],
  ])("is refused with its path where it has %s", (_, text, says) => {
    write(text);
    expect(() => readDeployResult(out())).toThrow(DeployResultError);
    expect(() => readDeployResult(out())).toThrow(join(out(), "deploy.json"));
    expect(() => readDeployResult(out())).toThrow(says);
  });

  it("says why nothing was deployed, and keeps what an earlier try has done", async () => {
    const when = expect.stringMatching(/^\d{4}-.*Z$/);
    await noteEnd(out(), { ...about, pullRequest: 7 }, { refusal: "main went on" });
    const refused = { ...about, pullRequest: 7, startedAt: when, finishedAt: when, refusal: "main went on" };
    expect(readDeployResult(out())).toEqual({ ...refused, stacks: [] });
    const stacks = [{ name: "01-first", status: "applied", durationMs: 5 }];
    write(JSON.stringify({ ...about, startedAt, stacks }));
    await noteEnd(out(), about, { refusal: "again" });
    expect(readDeployResult(out())).toMatchObject({ refusal: "again", stacks });
  });

  it("notes nothing of a stack that it does not have", async () => {
    const journal = new DeployJournal(out(), {
      ...about,
      startedAt,
      stacks: [{ name: "01-first", status: "pending", durationMs: 0 }],
    });
    await journal.note("02-second", { status: "applied" });
    await journal.note("01-first", { status: "failed", reason: "no" });
    expect(readDeployResult(out())?.stacks).toEqual([
      { name: "01-first", status: "failed", reason: "no", durationMs: 0 },
    ]);
  });
});

it("leaves no half-written file behind", async () => {
  await deployed([terraform.stack({ name: "01-first", changes: [SHARDS] })]);
  expect(readdirSync(out()).sort()).toEqual([
    "01-first.log",
    "01-first.tfplan",
    "01-first.tfplan.log",
    "deploy.json",
  ]);
});
