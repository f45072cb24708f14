import {
  IAMClient,
  NoSuchEntityException,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
} from "@aws-sdk/client-iam";
import pLimit from "p-limit";
import { awsRequest } from "../../core/aws/request.ts";
import { AwsRequestError } from "../../core/errors.ts";
import type { Plan } from "../../core/plan-json/model.ts";
import { isMap } from "../../core/plan-json/node.ts";
import type { StackReport } from "../../core/report/report.ts";
import { type Finding, fingerprintOf, type Look } from "./finding.ts";

const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 30_000 };
/** Roles that are asked for at once. */
const AT_ONCE = 4;

/** A role of a state, and the policies that its state has. */
export interface KnownRole {
  readonly stack: string;
  readonly address: string;
  readonly name: string;
  /** ARNs of attached policies. */
  readonly attached: ReadonlySet<string>;
  /** Names of inline policies. */
  readonly inline: ReadonlySet<string>;
}

/** What a role has besides. */
interface AddedRights {
  readonly role: KnownRole;
  readonly attached: readonly string[];
  readonly inline: readonly string[];
}

/** What came of asking IAM; undefined: it was not asked. */
export type PrivilegesLook = Look<AddedRights>;

/**
 * The roles whose added policies no plan shows. Where `…_exclusive` resources stand beside a role, the plan does.
 *
 * @param plans of all stacks: one may attach policies to another one's role.
 */
export function rolesOf(stacks: readonly StackReport[]): KnownRole[] {
  const planned = stacks.flatMap((stack) => (stack.status === "planned" ? [stack] : []));
  const every = planned.flatMap(({ plan }) => held(plan));
  const policiesOf = (role: string, type: string, argument: string) =>
    every.filter((one) => one.type === type && one.text("role") === role).map((one) => one.text(argument));
  return planned.flatMap(({ name: stack, plan }) => {
    const own = held(plan);
    const isExclusive = (role: string) =>
      ["aws_iam_role_policies_exclusive", "aws_iam_role_policy_attachments_exclusive"].every((type) =>
        own.some((one) => one.type === type && one.text("role_name") === role),
      );
    return own.flatMap(({ type, address, text }): KnownRole[] => {
      const name = text("name");
      if (type !== "aws_iam_role" || name === "" || isExclusive(name)) return [];
      return [
        {
          stack,
          address,
          name,
          attached: new Set(policiesOf(name, "aws_iam_role_policy_attachment", "policy_arn")),
          inline: new Set(policiesOf(name, "aws_iam_role_policy", "name")),
        },
      ];
    });
  });
}

/** What a plan's state holds. */
function held({ resources }: Plan) {
  return resources.flatMap(({ address, type, mode, deposed, before }) => {
    if (mode !== "managed" || deposed !== undefined || !isMap(before)) return [];
    const text = (name: string) => {
      const value = before.get(name);
      return typeof value === "string" ? value : "";
    };
    return [{ address, type, text }];
  });
}

/**
 * Asks IAM which policies the roles have that no state has.
 *
 * @throws AwsRequestError
 */
export async function addedRights(region: string, roles: readonly KnownRole[]): Promise<AddedRights[]> {
  if (roles.length === 0) return [];
  const iam = new IAMClient({ region, requestHandler: TIMEOUTS });
  const limit = pLimit(AT_ONCE);
  try {
    const found = await Promise.all(roles.map((role) => limit(() => rightsOf(iam, role))));
    return found.filter(({ attached, inline }) => attached.length + inline.length > 0);
  } finally {
    iam.destroy();
  }
}

async function rightsOf(client: IAMClient, role: KnownRole): Promise<AddedRights> {
  const attached: string[] = [];
  const inline: string[] = [];
  const input = { RoleName: role.name };
  try {
    await awsRequest("iam:ListAttachedRolePolicies", `role ${role.name}`, async () => {
      for await (const { AttachedPolicies = [] } of paginateListAttachedRolePolicies({ client }, input)) {
        attached.push(...AttachedPolicies.flatMap(({ PolicyArn }) => PolicyArn ?? []));
      }
    });
    await awsRequest("iam:ListRolePolicies", `role ${role.name}`, async () => {
      for await (const { PolicyNames = [] } of paginateListRolePolicies({ client }, input)) {
        inline.push(...PolicyNames);
      }
    });
  } catch (error) {
    // That the role is gone the plan says.
    if (!(error instanceof AwsRequestError && error.cause instanceof NoSuchEntityException)) throw error;
  }
  return {
    role,
    attached: attached.filter((arn) => !role.attached.has(arn)).sort(),
    inline: inline.filter((name) => !role.inline.has(name)).sort(),
  };
}

/** What is said of a role with rights that no state has. */
export function addedRightsFinding({ role, attached, inline }: AddedRights): Finding {
  const count = attached.length + inline.length;
  return {
    kind: "added-rights",
    stack: role.stack,
    key: role.address,
    words: [
      { value: role.address },
      " in ",
      { value: role.stack },
      ` has ${count === 1 ? "a policy" : `${count} policies`} that the code doesn't give it`,
    ],
    lines: [...attached.map((arn) => `+ attached ${arn}`), ...inline.map((name) => `+ inline ${name}`)],
    fingerprint: fingerprintOf([attached, inline]),
  };
}
