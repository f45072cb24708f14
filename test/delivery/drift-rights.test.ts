import { describe, expect, it } from "vitest";
import { changeComment } from "../../delivery/commands/drift/change.ts";
import type { Marker } from "../../delivery/commands/drift/marker.ts";
import { type KnownRole, type PrivilegesLook, rolesOf } from "../../delivery/commands/drift/privileges.ts";
import { driftReport } from "../../delivery/commands/drift/report.ts";
import { textsOf } from "../support/drift.ts";
import { makePlan } from "../support/plans.ts";
import { COMMIT, plannedStack } from "../support/reports.ts";

describe("rights that were added to roles", () => {
  const object = (type: string, name: string, attributes: object) => ({
    address: `${type}.${name}`,
    actions: ["no-op"],
    before: attributes,
    after: attributes,
  });
  const role = object("aws_iam_role", "consumer", { name: "consumer-role" });
  const inline = object("aws_iam_role_policy", "consumer", { role: "consumer-role", name: "permissions" });
  const attachment = object("aws_iam_role_policy_attachment", "consumer", {
    role: "consumer-role",
    policy_arn: "arn:a",
  });

  it("are looked for in each role, by the policies of all states", () => {
    const stacks = [
      plannedStack(makePlan([role, inline]), "06-iam"),
      plannedStack(makePlan([attachment]), "05-eks"),
    ];
    expect(rolesOf(stacks)).toEqual([
      {
        stack: "06-iam",
        address: "aws_iam_role.consumer",
        name: "consumer-role",
        attached: new Set(["arn:a"]),
        inline: new Set(["permissions"]),
      },
    ]);
  });

  it("are left to the plan where a role's policies are exclusive, of both kinds", () => {
    const exclusive = (type: string) => object(type, "consumer", { role_name: "consumer-role" });
    const policies = exclusive("aws_iam_role_policies_exclusive");
    const attachments = exclusive("aws_iam_role_policy_attachments_exclusive");
    const of = (...resources: (typeof role)[]) => rolesOf([plannedStack(makePlan([role, ...resources]))]);
    expect(of(policies, attachments)).toEqual([]);
    expect(of(policies)).toHaveLength(1);
    expect(of(attachments)).toHaveLength(1);
  });

  it("are not said to be gone when IAM was not asked", () => {
    const right = {
      role: rolesOf([plannedStack(makePlan([role]))])[0] as KnownRole,
      attached: ["arn:b"],
      inline: [],
    };
    const make = (privileges: PrivilegesLook) =>
      driftReport({
        environment: "dev",
        commit: COMMIT,
        stacks: [plannedStack(makePlan([role]))],
        links: undefined,
        states: [],
        privileges,
      });
    const before = make([right]);
    expect(textsOf(before.findings)).toEqual([
      "added-rights: aws_iam_role.consumer in infra has a policy that the code doesn't give it",
    ]);
    expect(before.findings[0]?.lines).toEqual(["+ attached arn:b"]);
    const marker = { ...before, url: "" } as unknown as Marker;
    expect(changeComment(marker, make({ failed: "AccessDenied" }))).toContain("**Not looked at this time**");
    expect(changeComment(marker, make([{ ...right, attached: ["arn:c"] }]))).toContain(
      "**Other than before**",
    );
  });
});
