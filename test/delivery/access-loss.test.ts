import { describe, expect, it } from "vitest";
import { exposuresIn } from "../../delivery/core/plan-json/exposure.ts";
import { ACCESS_TYPES } from "../../delivery/core/plan-json/in-place-rules.ts";
import { banners } from "../../delivery/core/report/banners.ts";
import { makePlan } from "../support/plans.ts";
import { plannedStack, reportOf } from "../support/reports.ts";

describe("access that is destroyed", () => {
  it.each([
    "aws_eks_access_entry",
    "aws_eks_access_policy_association",
    "aws_grafana_role_association",
    "aws_iam_user",
    "aws_iam_group_membership",
    "aws_iam_user_group_membership",
    "aws_iam_user_policy_attachment",
    "aws_iam_user_login_profile",
    "aws_identitystore_group_membership",
    "aws_ssoadmin_account_assignment",
    "github_team_membership",
    "github_membership",
    "kubernetes_role_binding",
    "kubernetes_role_binding_v1",
    "kubernetes_cluster_role_binding",
    "kubernetes_cluster_role_binding_v1",
  ])("is somebody's with %s", (type) => {
    const plan = makePlan([{ address: `${type}.x`, actions: ["delete"], before: { id: "x" } }]);
    expect(banners(reportOf([plannedStack(plan)]), 60_000).join("\n")).toContain(
      "**Somebody's access is destroyed:**",
    );
  });

  it("is nobody's with a bucket", () => {
    expect(ACCESS_TYPES.has("aws_s3_bucket")).toBe(false);
    expect(ACCESS_TYPES.size).toBe(16);
  });
});

describe("everybody", () => {
  const statement = (principal: unknown, more = {}) => ({
    policy: JSON.stringify({
      Statement: [{ Effect: "Allow", Principal: principal, Action: "s3:*", ...more }],
    }),
  });
  const exposed = (after: object, before: object = {}) =>
    exposuresIn(makePlan([{ address: "aws_s3_bucket_policy.x", actions: ["update"], before, after }]));

  it("is pointed out where a policy is new", () => {
    expect(exposed(statement("*"))).toEqual([
      { address: "aws_s3_bucket_policy.x", attribute: "policy", hasCondition: false },
    ]);
    expect(exposed(statement({ AWS: ["*"] }))).toHaveLength(1);
    expect(exposed(statement("*", { Condition: { Bool: { "aws:SecureTransport": "true" } } }))).toMatchObject(
      [{ hasCondition: true }],
    );
  });

  it("is nobody of a refusal, of a service, or of what was there before", () => {
    expect(exposed(statement("*", { Effect: "Deny" }))).toEqual([]);
    expect(exposed(statement({ Service: "ec2.amazonaws.com" }))).toEqual([]);
    expect(exposed({ ...statement("*"), other: 1 }, statement("*"))).toEqual([]);
  });
});
