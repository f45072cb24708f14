import { globSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { GROUPS, type Group, groupNamed } from "./groups.ts";
import { LEAST_SCORE, type Score, scoreOf, table, writeTable } from "./scores.ts";

/** Where each group's report and what is known of its mutants lie. */
const FOLDER = ".cali/mutation";

/** `npm run test:mutation [-- GROUP…] [--concurrency N] [--write]`: mutates each group, and fails when a score is too low. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Test processes at once; Stryker's own default is one less than there are cores. */
    concurrency: { type: "string" },
    /** Writes the scores into `docs/testing.md`. */
    write: { type: "boolean", default: false },
  },
});
const scores: Score[] = [];
for (const group of positionals.length === 0 ? GROUPS : positionals.map(groupNamed)) {
  scores.push(scoreOf(group.name, await mutate(group)));
}
console.log(table(scores));
if (values.write) writeTable(scores);
if (scores.some(({ percent }) => percent < LEAST_SCORE)) process.exitCode = 1;

async function mutate({ name, modules }: Group) {
  process.env.MUTATION_GROUP = name;
  const results = await new Stryker({
    mutate: [...modules],
    incrementalFile: `${FOLDER}/${name}.incremental.json`,
    jsonReporter: { fileName: `${FOLDER}/${name}.json` },
    htmlReporter: { fileName: `${FOLDER}/${name}.html` },
    ...(values.concurrency && { concurrency: Number(values.concurrency) }),
  }).runMutationTest();
  // What an earlier run knows of files that are not the group's any more comes along.
  const files = new Set(globSync([...modules]).map((file) => resolve(file)));
  return results.filter(({ fileName }) => files.has(resolve(fileName)));
}
