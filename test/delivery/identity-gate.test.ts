import { describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../../config/load.ts";
import { identityProblems } from "../../delivery/core/identity-gate.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";
import { resourcesOf, synthesize } from "../support/synth.ts";

/** From IRSA to Pod Identity: a step to both, and a step from both, each a pull request of its own. */
const users = loadConfig({ env: "terraform-users" });
const withIdentity = (workloadIdentity: "irsa" | "both" | "pod-identity") =>
  parseConfig(
    {
      ...users,
      ...{ workloadIdentity, stateLayout: "stacks", imported: true, prefix: users.project },
      iam: { ...users.iam, workloadRoles: "per-workload", applicationRole: null, grafanaAccess: "read" },
      cluster: {
        ...users.cluster,
        ...(workloadIdentity === "pod-identity" && { oidcCertificate: null }),
        addOns: { ...users.cluster.addOns, podIdentityAgent: workloadIdentity === "irsa" ? null : {} },
      },
    },
    workloadIdentity,
  );
const [irsa, both, podIdentity] = (["irsa", "both", "pod-identity"] as const).map((way) =>
  synthesize(withIdentity(way)),
) as [ReturnType<typeof synthesize>, ReturnType<typeof synthesize>, ReturnType<typeof synthesize>];
const WORKLOADS =
  /^aws_iam_role\.(airflow_role|cluster_autoscaler|consumer|fluent_bit|log_generator|milvus_backup)$/;
const trusts = (synthesized: typeof both) =>
  new Map(
    resourcesOf(synthesized)
      .filter(({ address }) => WORKLOADS.test(address))
      .map(({ address, body }) => [address, String(body.assume_role_policy)]),
  );
const addresses = (synthesized: typeof both) =>
  new Set(resourcesOf(synthesized).map(({ address }) => address));
const more = (one: typeof both, other: typeof both) =>
  [...addresses(one)].filter((address) => !addresses(other).has(address));

describe("workloadIdentity: both", () => {
  it("lets every workload's role be used either way, by its service account alone", () => {
    const found = trusts(both);
    expect(found.size).toBe(6);
    for (const [address, trust] of found) {
      const { Statement } = JSON.parse(trust.replaceAll(/\$\{[^}]*\}/g, "x"));
      expect(Statement, address).toHaveLength(2);
      expect(Statement, address).toEqual([
        expect.objectContaining({ Action: "sts:AssumeRoleWithWebIdentity" }),
        expect.objectContaining({ Principal: { Service: "pods.eks.amazonaws.com" } }),
      ]);
      const [first, second] = [trusts(irsa), trusts(podIdentity)].map((all) => all.get(address) ?? "");
      for (const trusted of [first, second]) {
        const [statement] = JSON.parse(String(trusted).replaceAll(/\$\{[^}]*\}/g, "x")).Statement;
        expect(Statement, address).toContainEqual(statement);
      }
    }
  });

  it("is reached by adding, and left by taking away what only IRSA needs", () => {
    expect(more(irsa, both)).toEqual([]);
    expect(more(both, irsa).every((one) => /^aws_eks_(pod_identity_association|addon)\./.test(one))).toBe(
      true,
    );
    expect(more(both, irsa).length).toBeGreaterThan(6);
    expect(more(podIdentity, both)).toEqual([]);
    expect(more(both, podIdentity)).toEqual(["aws_iam_openid_connect_provider.eks"]);
  });

  it("keeps the annotations by which pods find their roles until it is left", () => {
    const annotated = ({ stacks }: typeof both) =>
      Object.values(stacks).filter((stack) => JSON.stringify(stack).includes("eks.amazonaws.com/role-arn"))
        .length;
    expect(annotated(both)).toBe(annotated(irsa));
    expect(annotated(podIdentity)).toBe(0);
  });
});

/** A plan that changes a role's trust. */
function changing(before: string | undefined, after: string | undefined, type = "aws_iam_role") {
  const plain = (text: string | undefined) => ({
    assume_role_policy: text
      ?.replaceAll(/\$\{[^}]*\}/g, "x")
      .replaceAll('"x"', '"arn:aws:iam::1:oidc-provider/x"'),
  });
  return parsePlan(
    JSON.stringify({
      format_version: "1.2",
      terraform_version: "1.11.4",
      complete: true,
      resource_changes: [
        {
          ...{ address: `${type}.consumer`, mode: "managed", type, name: "consumer" },
          provider_name: "registry.terraform.io/hashicorp/aws",
          change: {
            ...{ actions: ["update"], before: plain(before), after: plain(after) },
            ...{ after_unknown: after === undefined ? { assume_role_policy: true } : {} },
            ...{ before_sensitive: {}, after_sensitive: {} },
          },
        },
      ],
    }),
    "06-iam",
  );
}

describe("the gate of a way to roles", () => {
  const of = (synthesized: typeof both) => trusts(synthesized).get("aws_iam_role.consumer");

  it.each([
    ["IRSA to both", irsa, both],
    ["both to Pod Identity", both, podIdentity],
    ["Pod Identity to both", podIdentity, both],
    ["both to IRSA", both, irsa],
  ])("lets %s through", (_, before, after) => {
    expect(identityProblems("06-iam", changing(of(before), of(after)))).toEqual([]);
  });

  it.each([
    ["IRSA to Pod Identity", irsa, podIdentity],
    ["Pod Identity to IRSA", podIdentity, irsa],
  ])("refuses %s", (_, before, after) => {
    expect(identityProblems("06-iam", changing(of(before), of(after)))).toEqual([
      "06-iam: aws_iam_role.consumer would stop trusting what its pods use before they can use anything else; allowed: workloadIdentity: both, deployed, and the pods started anew, before this",
    ]);
  });

  it("says nothing of what it cannot tell, and of what is no role", () => {
    expect(identityProblems("06-iam", changing(of(irsa), undefined))).toEqual([]);
    expect(identityProblems("x", changing(of(irsa), of(podIdentity), "aws_sqs_queue"))).toEqual([]);
  });
});
