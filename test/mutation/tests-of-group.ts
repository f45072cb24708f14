import { globSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";
import { ROOT } from "../support/run.ts";
import { groupNamed } from "./groups.ts";

/** All tests of a group (`MUTATION_GROUP`) as one file: for each mutant, what they import is loaded once, not once for each of them. */
for (const file of globSync([...groupNamed(process.env.MUTATION_GROUP).tests], { cwd: ROOT }).sort()) {
  // In a suite of its own: its hooks are for its tests.
  describe(file, async () => {
    await import(join(ROOT, file));
  });
}
