import { describe, expect, it } from "vitest";
import { environmentFiles, loadConfig, parseConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { desiredRoles, type PolicyDocument } from "../delivery/commands/pipeline-access/roles.ts";
import { STACKS, type StackEntry } from "../stacks/registry.ts";
import { ACTIONS, matchesAction, READ_ONLY_ACCESS } from "./support/actions.ts";
import { resourcesOf, synthesize } from "./support/synth.ts";

/** The pipeline's roles may make and read whatever the stacks hold. */

const ACCOUNT = "123456789012";
const grafana = { mode: "managed", login: { kind: "identity-center" } };
const dev = loadConfig({ env: "dev" });
const CONFIGS: readonly (readonly [string, Config])[] = [
  ...environmentFiles().map((env) => [env, loadConfig({ env })] as const),
  ["dev with a managed Grafana", parseConfig({ ...dev, grafana }, "dev")],
];

type Statement = PolicyDocument["Statement"][number];
const actionsOf = ({ Action }: Statement) => Action as readonly string[];

/** Whether a policy allows an action on what it is for; only what holds for everything can deny it here. */
function allows({ Statement }: PolicyDocument, action: string): boolean {
  const speaksOf = (statement: Statement) => actionsOf(statement).some((one) => matchesAction(one, action));
  const deniesAll = Statement.some((one) => one.Effect === "Deny" && one.Resource === "*" && speaksOf(one));
  return !deniesAll && Statement.some((one) => one.Effect === "Allow" && speaksOf(one));
}

const rolesOf = (config: Config) => {
  const [plan, deploy] = desiredRoles(
    config,
    { owner: "acme", name: "cali", ownerId: 1, repositoryId: 2, isPrivate: false },
    ACCOUNT,
    "dev",
  );
  if (!plan || !deploy) throw new Error("two roles");
  return { plan, deploy };
};

describe.each(CONFIGS)("in %s", (_, config) => {
  const { plan, deploy } = rolesOf(config);
  // What is made inside the cluster takes the rights that the cluster gives, none of IAM.
  const types = [...new Set(resourcesOf(synthesize(config)).map(({ type }) => type))].filter((type) =>
    type.startsWith("aws_"),
  );

  it("each type's actions are known", () => {
    expect(
      types.filter((type) => !(type in ACTIONS)),
      "add what it takes to ACTIONS in test/support/actions.ts",
    ).toEqual([]);
  });

  it("the deploy role may make, change and delete each", () => {
    const refused = types.flatMap((type) =>
      (ACTIONS[type]?.changes ?? [])
        .filter((action) => !allows(deploy.policy, action))
        .map((action) => `${type}: ${action}`),
    );
    expect(refused, "add it to the rights of the stack in stacks/registry.ts").toEqual([]);
  });

  it("both roles may read each", () => {
    for (const { managedPolicyArns, policy } of [plan, deploy]) {
      expect(managedPolicyArns).toEqual(["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
      const denied = (action: string) =>
        policy.Statement.some(
          (one) =>
            one.Effect === "Deny" &&
            one.Resource === "*" &&
            actionsOf(one).some((it) => matchesAction(it, action)),
        );
      const unread = types.flatMap((type) =>
        (ACTIONS[type]?.reads ?? [])
          .filter((action) => denied(action) || !READ_ONLY_ACCESS.some((one) => matchesAction(one, action)))
          .map((action) => `${type}: ${action}`),
      );
      expect(
        unread,
        "what ReadOnlyAccess lets nobody read needs a statement in delivery/commands/pipeline-access",
      ).toEqual([]);
    }
  });
});

describe("the rights of the registry", () => {
  const used = new Map<string, Set<string>>();
  for (const [, config] of CONFIGS) {
    for (const { stack, type } of resourcesOf(synthesize(config))) {
      const owners = (STACKS as readonly StackEntry[]).filter(
        ({ id, sharedState }) => id === stack || (stack === "infra" && sharedState),
      );
      for (const { id } of owners) {
        const actions = used.get(id) ?? new Set();
        for (const action of ACTIONS[type]?.changes ?? []) actions.add(action);
        used.set(id, actions);
      }
    }
  }

  it.each(
    (STACKS as readonly StackEntry[])
      .filter(({ rights }) => rights.length > 0)
      .map(({ id, rights }) => [id, rights] as const),
  )("%s has none that nothing of it uses", (id, rights) => {
    const unused = rights.filter(
      (right) => ![...(used.get(id) ?? [])].some((action) => matchesAction(right, action)),
    );
    expect(unused).toEqual([]);
  });

  it.each(["iam:CreateUser", "ec2:TerminateInstances", "sts:AssumeRoleWithSAML"])(
    "do not give %s",
    (action) => {
      expect(allows(rolesOf(dev).deploy.policy, action)).toBe(false);
    },
  );

  it("never reach IAM, whose rights are bound to names", () => {
    expect(
      STACKS.flatMap(({ rights }): readonly string[] => rights).filter((right) =>
        /^(iam|sts|organizations|\*)/.test(right),
      ),
    ).toEqual([]);
  });
});
