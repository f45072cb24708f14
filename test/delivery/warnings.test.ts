import { expect, it } from "vitest";
import { warningsIn } from "../../delivery/core/terraform/warnings.ts";

/** As Terraform 1.11.4 says it, with `-no-color`. */
const SAID = `
Plan: 0 to add, 2 to change, 0 to destroy.

Warning: Argument is deprecated

  with aws_s3_bucket.logs,
  on main.tf line 12, in resource "aws_s3_bucket" "logs":
  12:   acl = "a value that nobody shows"

acl is deprecated. Use the aws_s3_bucket_acl
resource instead.

(and 2 more similar warnings elsewhere)

Warning: Old endpoints

These are used:

  - s3
  - sqs

Warning: Check block assertion failed

  on main.tf line 39, in check "memory":
  39:     condition     = var.memory == "96Mi"
    ├────────────────
    │ var.memory is "1Mi"

The memory is 1Mi, which nobody measured.

─────────────────────────────────────────────────────────────────────────────

Note: You didn't use the -out option to save this plan, so Terraform can't
guarantee to take exactly these actions if you run "terraform apply" now.
`;

it("warnings are found in what a plan says, without the code and its values", () => {
  expect(warningsIn(SAID)).toEqual([
    {
      severity: "warning",
      summary: "Argument is deprecated",
      detail:
        "acl is deprecated. Use the aws_s3_bucket_acl resource instead. (and 2 more similar warnings elsewhere) (aws_s3_bucket.logs)",
    },
    { severity: "warning", summary: "Old endpoints", detail: "These are used: - s3 - sqs" },
  ]);
  expect(warningsIn("No changes. Your infrastructure matches the configuration.\n")).toEqual([]);
});
