import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { tierOf } from "../../stacks/registry.ts";
import { run } from "../support/run.ts";
import { synthesizeEnvironment } from "../support/synth.ts";
import { manifestsOf } from "../support/terraform-manifest.ts";
import type { Finding } from "./accepted.ts";

/** Of checkov's `--output json`, what is used here: https://www.checkov.io/2.Basics/Reviewing%20Scan%20Results.html */
const reportSchema = z.object({
  check_type: z.string(),
  results: z.object({
    failed_checks: z.array(
      z.object({
        check_id: z.string(),
        check_name: z.string(),
        resource: z.string(),
        file_path: z.string(),
      }),
    ),
  }),
  summary: z.object({ passed: z.int(), parsing_errors: z.int() }),
});

export interface Scan {
  readonly findings: readonly Finding[];
  /** How many checks passed, by checkov's name for what it read. */
  readonly passed: Readonly<Record<string, number>>;
}

/**
 * What checkov finds in the synthesized JSON of what is made with AWS' API, and in the Kubernetes objects of the other stacks.
 *
 * @param checkov the program
 * @throws Error when it fails, or cannot read something
 */
export async function scan(checkov: string, environments: readonly string[]): Promise<Scan> {
  const folder = mkdtempSync(join(tmpdir(), "cali-scan-"));
  try {
    for (const env of environments) write(join(folder, env), env);
    const { code, stdout, stderr } = await run(checkov, [
      // It would ask its makers for descriptions.
      ...["--skip-download", "--soft-fail", "--compact", "--quiet", "--output", "json"],
      ...["--framework", "terraform_json", "kubernetes", "--directory", folder],
    ]);
    if (code !== 0) throw new Error(`${checkov} ended with ${code}:\n${stderr.slice(-2_000)}`);
    const reports = z.array(reportSchema).parse(JSON.parse(stdout));
    for (const { check_type, summary } of reports) {
      if (summary.parsing_errors > 0) {
        throw new Error(`${checkov} cannot read ${summary.parsing_errors} files of ${check_type}`);
      }
    }
    return {
      findings: reports.flatMap(({ results }) =>
        results.failed_checks.map(({ check_id, check_name, resource, file_path }) => {
          const [, environment = "", stack = ""] = file_path.split("/");
          // Of Terraform's resources it says the name, with or without the type.
          const [, name = resource] = /^(?:resource|aws_\w+)\.(.+)$/.exec(resource) ?? [];
          return { check: check_id, says: check_name, environment, at: `${stack} ${name}` };
        }),
      ),
      passed: Object.fromEntries(reports.map(({ check_type, summary }) => [check_type, summary.passed])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of kube-score's `--output-format json`, what is used here: https://github.com/zegl/kube-score */
const scoreSchema = z.array(
  z.object({
    object_name: z.string(),
    file_name: z.string(),
    checks: z
      .array(
        z.object({
          check: z.object({ id: z.string(), comment: z.string() }),
          grade: z.int(),
          skipped: z.boolean(),
        }),
      )
      .nullable(),
  }),
);
/** Its grade of a check that found nothing, or next to nothing. */
const GOOD = 7;

/**
 * What kube-score finds in the Kubernetes objects that the stacks make, and how many checks found nothing.
 *
 * @throws Error when it fails
 */
export async function score(
  environments: readonly string[],
): Promise<{ findings: Finding[]; passed: number }> {
  const folder = mkdtempSync(join(tmpdir(), "cali-score-"));
  try {
    const findings: Finding[] = [];
    let passed = 0;
    for (const environment of environments) {
      write(join(folder, environment), environment);
      const files = globSync(join(folder, environment, "*", "[0-9]*.json"));
      const options = ["score", "--output-format", "json", "--kubernetes-version", "v1.33"];
      // It ends with 1 when it has found something.
      const { stdout, stderr } = await run("kube-score", [...options, ...files]);
      if (stdout === "") throw new Error(`kube-score says nothing:\n${stderr.slice(-2_000)}`);
      for (const { object_name, file_name, checks } of scoreSchema.parse(JSON.parse(stdout))) {
        const [kind = "", ...name] = object_name.split("/");
        const at = `${file_name.split("/").at(-2)} ${[kind, ...name.slice(-2)].join(".")}`;
        for (const { check, grade, skipped } of checks ?? []) {
          if (skipped) continue;
          if (grade >= GOOD) passed++;
          else findings.push({ check: check.id, says: check.comment, environment, at });
        }
      }
    }
    return { findings, passed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(folder: string, env: string): void {
  const synthesized = synthesizeEnvironment(env);
  const put = (stack: string, name: string, content: unknown) => {
    mkdirSync(join(folder, stack), { recursive: true });
    writeFileSync(join(folder, stack, name), JSON.stringify(content, null, 2));
  };
  for (const [stack, json] of Object.entries(synthesized.stacks)) {
    if (tierOf(stack) === "aws") put(stack, "cdk.tf.json", json);
  }
  for (const [index, { stack, manifest }] of manifestsOf(synthesized).entries()) {
    put(stack, `${index}.json`, manifest);
  }
}
