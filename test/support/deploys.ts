import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import type { SynthesizedStack } from "../../delivery/core/application/application.ts";
import { type DeployOptions, deploy } from "../../delivery/core/deployment/deploy.ts";
import { readPlanRun } from "../../delivery/core/planning/plan-run.ts";
import { PROGRAMS, type Program } from "../../delivery/core/terraform/programs.ts";
import { FakeTerraform } from "./fake-terraform.ts";
import { type StackInput, writePlanRun } from "./plan-runs.ts";
import { type ChangeInput, planJson } from "./plans.ts";

export const COMMIT = "a".repeat(40);
export const SHARDS: ChangeInput = { actions: ["update"], before: { shards: 1 }, after: { shards: 2 } };
export const stream = (...actions: string[]): ChangeInput => ({
  actions,
  before: { name: "logs" },
  after: { name: "logs" },
});
/** What the state of a stack says. */
export const state = { serial: 3 };

/** Deployments in a folder of their own, with a Terraform that answers as a test says; new for each test. */
export class Deploys {
  readonly root = mkdtempSync(join(tmpdir(), "cali-deploy-"));
  readonly terraform: FakeTerraform;
  /** What was written to the terminal. */
  shown = "";
  readonly out = join(this.root, "out");

  constructor(program: Program) {
    this.terraform = new FakeTerraform(this.root, program);
  }

  deployed(stacks: readonly SynthesizedStack[], over: Partial<DeployOptions> = {}) {
    return deploy({
      program: this.terraform.program,
      application: { stacks, digest: "0".repeat(64) },
      stacks,
      environment: "dev",
      commit: COMMIT,
      out: this.out,
      allowDataLoss: false,
      allowForeign: false,
      continues: false,
      parallel: 4,
      lockTimeout: "7s",
      ...over,
    });
  }

  applies(): string[] {
    return this.terraform.calls.filter((call) => call.endsWith(" apply"));
  }

  /** A reviewed run of these stacks, each with what its plan changes. */
  reviewed(stacks: Readonly<Record<string, readonly ChangeInput[]>>, more: Partial<StackInput> = {}) {
    const folder = writePlanRun(
      join(this.root, "reviewed"),
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
}

/** Makes `Deploys` for each test of a file. @returns that of the test that runs */
export function eachWithDeploys(program: Program = PROGRAMS.terraform): () => Deploys {
  let deploys: Deploys;
  beforeEach(() => {
    deploys = new Deploys(program);
    vi.stubEnv("PATH", deploys.terraform.path);
    vi.stubEnv("A_TOKEN", "hunter2-hunter2");
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, "write").mockImplementation((text) => {
        deploys.shown += text;
        return true;
      });
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    rmSync(deploys.root, { recursive: true, force: true });
  });
  return () => deploys;
}

/** Name, status and reason of each stack. */
export const statuses = ({ stacks }: Awaited<ReturnType<typeof deploy>>) =>
  stacks.map(({ name, status, reason }) => (reason === undefined ? [name, status] : [name, status, reason]));
