import { join } from "node:path";
import { expect, it } from "vitest";
import { ACCEPTED, differences } from "./scan/accepted.ts";
import { scan } from "./scan/scan.ts";
import { ROOT } from "./support/run.ts";

it("checkov finds in dev and prod what test/scan/accepted.yaml has a reason for, and all of that", async () => {
  const { findings, passed } = await scan(join(ROOT, ".venv-checkov/bin/checkov"), ["dev", "prod"]);
  expect(differences(findings, ACCEPTED)).toEqual({ unexplained: [], outdated: [] });
  // Both kinds of files were read.
  expect(Object.keys(passed).sort()).toEqual(["kubernetes", "terraform_json"]);
  for (const count of Object.values(passed)) expect(count).toBeGreaterThan(200);
});
