import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SynthesizedStack } from "../../delivery/core/application/application.ts";
import { readPlanRun } from "../../delivery/core/planning/plan-run.ts";
import { eachWithDeploys, SHARDS, state, statuses, stream } from "../support/deploys.ts";
import { writePlanRun } from "../support/plan-runs.ts";
import { type ChangeInput, planJson } from "../support/plans.ts";

const ALLOWED = "Allowed only with the label allow-data-loss on the pull request, or --allow-data-loss.";

const deploys = eachWithDeploys();

describe("an apply that a pending Helm release refuses", () => {
  const refused = `if [ ! -e $fake/recovered ]; then touch $fake/recovered
echo "Error: another operation (install/upgrade/rollback) is in progress"; exit 1; fi`;
  const stack = () =>
    deploys().terraform.stack({ name: "10-milvus", state, changes: [SHARDS], before: { apply: refused } });

  it("is tried once more after the release was recovered, planned anew or as reviewed", async () => {
    const asked: [string, Date][] = [];
    const recoverReleases = async ({ name }: SynthesizedStack, before: Date) => {
      asked.push([name, before]);
      return ["milvus/milvus: recovered"];
    };
    const begin = Date.now();
    for (const more of [{}, { reviewed: deploys().reviewed({ "10-milvus": [SHARDS] }) }]) {
      const one = stack();
      rmSync(join(one.folder, "fake/recovered"), { force: true });
      expect(statuses(await deploys().deployed([one], { recoverReleases, ...more }))).toEqual([
        ["10-milvus", "applied", "milvus/milvus: recovered"],
      ]);
    }
    expect(asked.map(([name]) => name)).toEqual(["10-milvus", "10-milvus"]);
    expect(asked.every(([, before]) => before.getTime() >= begin)).toBe(true);
    expect(deploys().applies()).toHaveLength(4);
  });

  it("has failed when there is none to recover: somebody works on it", async () => {
    const result = await deploys().deployed([stack()], { recoverReleases: async () => [] });
    expect(statuses(result)).toEqual([
      [
        "10-milvus",
        "failed",
        "terraform apply ended with 1:\nError: another operation (install/upgrade/rollback) is in progress",
      ],
    ]);
    expect(deploys().applies()).toHaveLength(1);
  });
});

describe("a plan that is stale by the time it is applied", () => {
  const once = (more: string) => ({
    apply: `if [ ! -e "$fake/once" ]; then touch "$fake/once"; ${more} echo "Error: Saved plan is stale"; exit 1; fi`,
  });
  const moves = 'sed -i s/:3,/:4,/ "$fake/state";';

  it("is looked at once more, and applied when it still does what was reviewed", async () => {
    const stack = deploys().terraform.stack({
      name: "01-first",
      state,
      changes: [SHARDS],
      before: once(moves),
    });
    const result = await deploys().deployed([stack], {
      reviewed: deploys().reviewed({ "01-first": [SHARDS] }),
    });
    expect(statuses(result)).toEqual([
      ["01-first", "applied", "the state was changed (serial 3, now 4); a new plan does the same"],
    ]);
    expect(deploys().applies()).toHaveLength(2);
  });

  it("is refused when it does something else by then, or would lose data", async () => {
    const becomes = (changes: readonly ChangeInput[]) => {
      const file = join(deploys().root, "next.json");
      writeFileSync(file, JSON.stringify(planJson(changes)));
      return `${moves} cp ${file} "$fake/show";`;
    };
    const other = deploys().terraform.stack({
      name: "01-first",
      state,
      before: once(becomes([SHARDS, stream("delete")])),
    });
    const [[, status, reason] = []] = statuses(
      await deploys().deployed([other], { reviewed: deploys().reviewed({ "01-first": [SHARDS] }) }),
    );
    expect(status).toBe("refused");
    expect(reason).toContain("a new plan is not the reviewed one");

    const earlier = async () => [
      { run: readPlanRun(join(deploys().root, "merged")), folder: join(deploys().root, "merged") },
    ];
    writePlanRun(join(deploys().root, "merged"), [
      { name: "02-second", plan: JSON.stringify(planJson([stream("delete")])) },
    ]);
    const own: ChangeInput = { address: "aws_ecr_repository.own", actions: ["create"], after: {} };
    const lossy = deploys().terraform.stack({
      name: "02-second",
      state,
      before: once(becomes([own, stream("delete")])),
    });
    const refused = await deploys().deployed([lossy], {
      reviewed: deploys().reviewed({ "02-second": [own] }),
      earlier,
    });
    expect(statuses(refused)).toEqual([
      [
        "02-second",
        "refused",
        `02-second: aws_kinesis_stream.logs would be destroyed, and with it records that are not consumed yet. ${ALLOWED}`,
      ],
    ]);
    expect(deploys().applies()).toEqual(["01-first apply", "02-second apply"]);
  });

  it("has failed where nothing was reviewed, or for any other reason", async () => {
    const stale = deploys().terraform.stack({ name: "01-first", changes: [SHARDS], before: once("") });
    expect(statuses(await deploys().deployed([stale]))).toEqual([
      ["01-first", "failed", "terraform apply ended with 1:\nError: Saved plan is stale"],
    ]);
    const broken = deploys().terraform.stack({
      name: "02-second",
      state,
      before: { apply: "echo other; exit 1" },
    });
    const result = await deploys().deployed([broken], {
      reviewed: deploys().reviewed({ "02-second": [SHARDS] }),
    });
    expect(statuses(result)).toEqual([["02-second", "failed", "terraform apply ended with 1:\nother"]]);
    expect(deploys().applies()).toHaveLength(2);
  });
});
