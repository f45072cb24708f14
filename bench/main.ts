import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Absent, type Benchmark, measure, NAMES, type Result } from "./frame.ts";
import { isPlotted, markdownOf, plotOf, withFigures } from "./report.ts";

/**
 * `npm run bench`: all benchmarks, or those that are named, each in a process of its own. Their figures go into bench/results.json,
 * bench/README.md and, as plots, into bench/plots/; `--dry` only prints them. Ends with 1 when one fails; a missed target is a figure,
 * no failure.
 */
const { values, positionals } = parseArgs({
  options: { dry: { type: "boolean", default: false } },
  allowPositionals: true,
});
const HERE = import.meta.dirname;
const RESULTS = join(HERE, "results.json");
const README = join(HERE, "README.md");

async function runOne(name: string): Promise<void> {
  const { benchmark } = (await import(`./${name}.ts`)) as { benchmark: Benchmark };
  const result = await measure(benchmark, (text) => console.error(text));
  const figures = markdownOf(benchmark, result);
  console.log(`\n## ${name} (${result.seconds} s)\n\n${figures}`);
  if (values.dry) return;
  // After each, so that a run that is cut off has left what it measured.
  const results: Record<string, Result> = existsSync(RESULTS)
    ? JSON.parse(readFileSync(RESULTS, "utf8"))
    : {};
  results[name] = result;
  writeFileSync(RESULTS, `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(README, withFigures(readFileSync(README, "utf8"), name, figures));
  if (!isPlotted(benchmark)) return;
  mkdirSync(join(HERE, "plots"), { recursive: true });
  writeFileSync(join(HERE, "plots", `${name}.svg`), plotOf(benchmark, result));
}

const unknown = positionals.filter((name) => !NAMES.includes(name));
const chosen = positionals.length > 0 ? positionals : NAMES;
if (unknown.length > 0) {
  console.error(`bench: given ${unknown.join(" ")}, allowed: nothing (all), or any of ${NAMES.join(" ")}`);
  process.exitCode = 2;
} else if (chosen.length > 1) {
  const began = performance.now();
  for (const name of chosen) {
    const args = [import.meta.filename, name, ...(values.dry ? ["--dry"] : [])];
    const { status } = spawnSync(process.execPath, [...process.execArgv, ...args], { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
  console.log(`\n${chosen.length} benchmarks in ${Math.round((performance.now() - began) / 1_000)} s`);
} else {
  const [name = ""] = chosen;
  try {
    await runOne(name);
  } catch (error) {
    if (error instanceof Absent) console.log(`\n## ${name}\n\nskipped: ${error.message}`);
    else {
      console.error(`\n${name} failed:`, error);
      process.exitCode = 1;
    }
  }
}
