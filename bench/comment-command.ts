import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALI, ROOT } from "../test/support/run.ts";
import { HUGE, type PlanJson, planOf } from "./comment.ts";
import { type Benchmark, growsLinearly } from "./frame.ts";

/** Runs a command whose comment goes to its standard output or a file, and takes the time with its start. */
function timed(command: string, args: readonly string[], env: Record<string, string> = {}): number {
  const began = performance.now();
  const { status, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error || status !== 0) throw error ?? new Error(`${command} ended with ${status}: ${stderr}`);
  return performance.now() - began;
}

/** The plan as Terraform prints it, which is what tfcmt reads: it knows no JSON. */
function printed({ resource_changes: changes }: PlanJson): string {
  const added = changes.filter(({ change }) => change.actions.includes("create"));
  const blocks = added.map(({ address, type, name, change }) => {
    const lines = Object.entries(change.after ?? {}).flatMap(([key, value]) =>
      `${key} = ${JSON.stringify(value, undefined, 4)}`.split("\n").map((line) => `      + ${line}`),
    );
    return [
      `  # ${address} will be created`,
      `  + resource "${type}" "${name}" {`,
      ...lines,
      "    }",
      "",
    ].join("\n");
  });
  return `Terraform will perform the following actions:\n\n${blocks.join("\n")}\nPlan: ${added.length} to add, 0 to change, 0 to destroy.\n`;
}

/** The same comment as a command, its start included, beside tfcmt, which quotes what Terraform printed and lists what changes. */
export const benchmark: Benchmark = {
  name: "comment-command",
  unit: "ms",
  better: "less",
  size: "changes",
  sizes: [55, 220, 880],
  rounds: 5,
  growth: "figure",
  targets: [growsLinearly("CALI")],
  open(size) {
    const folder = mkdtempSync(join(tmpdir(), "cali-bench-comment-"));
    const [json, text] = [join(folder, "plan.json"), join(folder, "plan.txt")];
    const plan = planOf(JSON.parse(readFileSync(HUGE, "utf8")), size);
    writeFileSync(json, plan);
    writeFileSync(text, printed(JSON.parse(plan)));
    const isHere = spawnSync("tfcmt", ["version"]).error === undefined;
    const where = ["--owner", "cali", "--repo", "cali", "--sha", "0".repeat(40), "--pr", "1"];
    const tfcmt = [...where, "--output", join(folder, "comment.md"), "plan", "--disable-label", "--", "cat"];
    return {
      contenders: {
        CALI: () => timed(process.execPath, [...CALI, "comment", "--plan-json", json, "--print"]),
        // It refuses to start without a token, and sends nothing where a file takes the comment.
        ...(isHere && { tfcmt: () => timed("tfcmt", [...tfcmt, text], { GITHUB_TOKEN: "none" }) }),
      },
      ...(!isHere && {
        absent: ["tfcmt: `go install github.com/suzuki-shunsuke/tfcmt/v4/cmd/tfcmt@v4.14.18`"],
      }),
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
