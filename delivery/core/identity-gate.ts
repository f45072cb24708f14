import type { Plan, ResourceChange } from "./plan-json/model.ts";
import { canonical, isMap, type Node, TextDocument } from "./plan-json/node.ts";

/** By whose word a role is used: that of the cluster's OIDC provider, or that of EKS Pod Identity. */
const WAYS = { irsa: ":oidc-provider/", podIdentity: '"pods.eks.amazonaws.com"' };

/** Whom a role trusts; undefined: it cannot be told. */
function trustOf(role: Node): { irsa: boolean; podIdentity: boolean } | undefined {
  const policy = isMap(role) ? role.get("assume_role_policy") : undefined;
  if (!(policy instanceof TextDocument)) return undefined;
  const text = canonical(policy.content);
  return { irsa: text.includes(WAYS.irsa), podIdentity: text.includes(WAYS.podIdentity) };
}

/**
 * What speaks against a plan that changes how pods get their roles: a role goes from one way to the other over both, so that at no moment
 * it trusts only what its pods don't use yet.
 */
export function identityProblems(stack: string, { resources }: Pick<Plan, "resources">): string[] {
  return resources
    .filter(({ type, action }) => type === "aws_iam_role" && action === "update")
    .filter(isLeap)
    .map(
      ({ address }) =>
        `${stack}: ${address} would stop trusting what its pods use before they can use anything else; allowed: workloadIdentity: both, deployed, and the pods started anew, before this`,
    );
}

function isLeap({ before, after }: ResourceChange): boolean {
  const [was, will] = [trustOf(before), trustOf(after)];
  if (!was || !will) return false;
  const leaves = (way: keyof typeof WAYS, other: keyof typeof WAYS) =>
    was[way] && !was[other] && !will[way] && will[other];
  return leaves("irsa", "podIdentity") || leaves("podIdentity", "irsa");
}
