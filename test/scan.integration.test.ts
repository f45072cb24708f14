import { join } from "node:path";
import { expect, it } from "vitest";
import { ACCEPTED, differences, isCheckovs } from "./scan/accepted.ts";
import { scan, score } from "./scan/scan.ts";
import { ROOT } from "./support/run.ts";

it("checkov finds in dev and prod what test/scan/accepted.yaml has a reason for, and all of that", async () => {
  const { findings, passed } = await scan(join(ROOT, ".venv-checkov/bin/checkov"), ["dev", "prod"]);
  expect(differences(findings, ACCEPTED.filter(isCheckovs))).toEqual({ unexplained: [], outdated: [] });
  // Both kinds of files were read.
  expect(Object.keys(passed).sort()).toEqual(["kubernetes", "terraform_json"]);
  for (const count of Object.values(passed)) expect(count).toBeGreaterThan(200);
});

it("kube-score finds in dev and prod what test/scan/accepted.yaml has a reason for, and all of that", async () => {
  const { findings, passed } = await score(["dev", "prod"]);
  const accepted = ACCEPTED.filter((one) => !isCheckovs(one));
  expect(differences(findings, accepted)).toEqual({ unexplained: [], outdated: [] });
  expect(passed).toBeGreaterThan(100);
});
