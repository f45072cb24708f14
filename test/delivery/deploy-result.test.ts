import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DeployJournal, noteEnd, readDeployResult } from "../../delivery/core/deployment/deploy-result.ts";
import { DeployResultError } from "../../delivery/core/errors.ts";
import { COMMIT, eachWithDeploys, SHARDS } from "../support/deploys.ts";

const deploys = eachWithDeploys();

describe("deploy.json", () => {
  const about = { environment: "dev", commit: COMMIT };
  const write = (text: string) => {
    mkdirSync(deploys().out, { recursive: true });
    writeFileSync(join(deploys().out, "deploy.json"), text);
  };
  const startedAt = "2026-01-25T00:00:00.000Z";

  it("may be missing, and has every status that there is", () => {
    expect(readDeployResult(deploys().out)).toBeUndefined();
    const names = ["pending", "applying", "applied", "unchanged", "waiting", "failed", "skipped", "refused"];
    const stacks = names.map((status) => ({ name: "01-first", status, durationMs: 0 }));
    write(JSON.stringify({ ...about, startedAt, stacks }));
    expect(readDeployResult(deploys().out)).toEqual({ ...about, startedAt, stacks });
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
    expect(() => readDeployResult(deploys().out)).toThrow(DeployResultError);
    expect(() => readDeployResult(deploys().out)).toThrow(join(deploys().out, "deploy.json"));
    expect(() => readDeployResult(deploys().out)).toThrow(says);
  });

  it("says why nothing was deployed, and keeps what an earlier try has done", async () => {
    const when = expect.stringMatching(/^\d{4}-.*Z$/);
    await noteEnd(deploys().out, { ...about, pullRequest: 7 }, { refusal: "main went on" });
    const refused = { ...about, pullRequest: 7, startedAt: when, finishedAt: when, refusal: "main went on" };
    expect(readDeployResult(deploys().out)).toEqual({ ...refused, stacks: [] });
    const stacks = [{ name: "01-first", status: "applied", durationMs: 5 }];
    write(JSON.stringify({ ...about, startedAt, stacks }));
    await noteEnd(deploys().out, about, { refusal: "again" });
    expect(readDeployResult(deploys().out)).toMatchObject({ refusal: "again", stacks });
  });

  it("notes nothing of a stack that it does not have", async () => {
    const journal = new DeployJournal(deploys().out, {
      ...about,
      startedAt,
      stacks: [{ name: "01-first", status: "pending", durationMs: 0 }],
    });
    await journal.note("02-second", { status: "applied" });
    await journal.note("01-first", { status: "failed", reason: "no" });
    expect(readDeployResult(deploys().out)?.stacks).toEqual([
      { name: "01-first", status: "failed", reason: "no", durationMs: 0 },
    ]);
  });
});

it("leaves no half-written file behind", async () => {
  await deploys().deployed([deploys().terraform.stack({ name: "01-first", changes: [SHARDS] })]);
  expect(readdirSync(deploys().out).sort()).toEqual([
    "01-first.log",
    "01-first.tfplan",
    "01-first.tfplan.log",
    "deploy.json",
  ]);
});
