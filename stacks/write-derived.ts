import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DERIVED_FILES } from "./derived.ts";

/** `npm run stacks:write`: brings what else names the stacks up to date with the registry, and says which files changed. */
const ROOT = join(import.meta.dirname, "..");
for (const [file, derive] of Object.entries(DERIVED_FILES)) {
  const path = join(ROOT, file);
  const before = readFileSync(path, "utf8");
  const after = derive(before);
  if (after === before) continue;
  writeFileSync(path, after);
  console.log(`${file} is written anew`);
}
