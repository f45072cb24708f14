import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../support/run.ts";
import { ACCEPTED, acceptedTable, differences } from "./accepted.ts";

const finding = { check: "CKV_AWS_1", says: "Be safe", environment: "dev", at: "02-s3 logs" };
const accepted = {
  check: "CKV_AWS_1",
  at: ["02-s3 logs"],
  environments: ["dev" as const],
  reason: "because it is so",
};

it("what is found is accepted in its environment and place alone, and must still be found", () => {
  expect(differences([finding], [accepted])).toEqual({ unexplained: [], outdated: [] });
  expect(differences([], [accepted]).outdated).toEqual(["CKV_AWS_1 in dev: 02-s3 logs"]);
  for (const other of [{ environment: "prod" }, { at: "02-s3 more" }, { check: "CKV_AWS_2" }]) {
    const { unexplained } = differences([finding, { ...finding, ...other }], [accepted]);
    expect(unexplained).toHaveLength(1);
    expect(unexplained[0]).toContain("Be safe");
  }
});

it("docs/security.md has the accepted findings, each with its reason", () => {
  expect(readFileSync(join(ROOT, "docs/security.md"), "utf8")).toContain(acceptedTable(ACCEPTED));
});
