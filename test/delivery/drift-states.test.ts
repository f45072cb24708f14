import { describe, expect, it } from "vitest";
import { type Holding, sameObjects } from "../../delivery/commands/drift/same-object.ts";
import { holdingsOfState, unknownState } from "../../delivery/commands/drift/states.ts";
import { reportOf, textsOf } from "../support/drift.ts";
import { makePlan, PLANS, planOf } from "../support/plans.ts";
import { plannedStack } from "../support/reports.ts";
import { STATE } from "../support/state-bucket.ts";

describe("one object in two states", () => {
  const holding = (place: string, type: string, attributes: Record<string, string>): Holding => ({
    stack: place,
    address: `${type}.x`,
    type,
    attributes: new Map(Object.entries(attributes)),
  });
  const same = (type: string, ...attributes: Record<string, string>[]) =>
    textsOf(sameObjects(attributes.map((one, place) => holding(`0${place}-stack`, type, one))));

  it("is found for every object of a real state, and nowhere within one", () => {
    for (const name of PLANS) {
      const kinds = reportOf([plannedStack(planOf(name))]).findings.map(({ kind }) => kind);
      expect(kinds, name).not.toContain("same-object");
    }
    const twice = reportOf([plannedStack(planOf("no-op"), "a"), plannedStack(planOf("no-op"), "b")]);
    expect(twice.findings).toHaveLength(
      planOf("no-op").resources.filter(({ mode }) => mode === "managed").length,
    );
    expect(textsOf(twice.findings)).toContain(
      'same-object: aws_s3_bucket "cali-logs-123456789012" is held by aws_s3_bucket.logs in a and by aws_s3_bucket.logs in b',
    );
  });

  it("is not what has the same id in another place", () => {
    const arn = (group: string) => `arn:aws:logs:ap-northeast-2:123456789012:log-group:${group}:log-stream:s`;
    expect(same("aws_cloudwatch_log_stream", { id: "s", arn: arn("a") }, { id: "s", arn: arn("b") })).toEqual(
      [],
    );
    expect(same("helm_release", { id: "x", namespace: "a" }, { id: "x", namespace: "b" })).toEqual([]);
    expect(same("helm_release", { id: "x", namespace: "a" }, { id: "x", namespace: "a" })).toHaveLength(1);
    expect(same("random_password", { id: "none" }, { id: "none" })).toEqual([]);
    expect(same("aws_x", { id: "" }, { id: "" }, {})).toEqual([]);
  });

  it("is found between versions of a provider, of which only one says the region", () => {
    const one = { id: "vpc-1", region: "us-east-1" };
    expect(same("aws_vpc", one, { id: "vpc-1" })).toHaveLength(1);
    expect(same("aws_vpc", one, { id: "vpc-1", region: "us-west-2" })).toEqual([]);
  });

  it("is found where the provider makes up another id for each state", () => {
    const attachment = (id: string, role = "r") => ({ id, role, policy_arn: "arn:aws:iam::aws:policy/p" });
    expect(same("aws_iam_role_policy_attachment", attachment("r-1"), attachment("r-2"))).toEqual([
      'same-object: aws_iam_role_policy_attachment "r" "arn:aws:iam::aws:policy/p" is held by aws_iam_role_policy_attachment.x in 00-stack and by aws_iam_role_policy_attachment.x in 01-stack',
    ]);
    expect(same("aws_iam_role_policy_attachment", attachment("r-1"), attachment("q-1", "q"))).toEqual([]);
  });

  it("is no object that a state is only about to import, and no data source", () => {
    const held = makePlan([{ actions: ["no-op"], before: { id: "x" }, after: { id: "x" } }]);
    const importing = makePlan([
      { actions: ["no-op"], before: { id: "x" }, after: { id: "x" }, change: { importing: { id: "x" } } },
    ]);
    const data = makePlan([
      { actions: ["no-op"], before: { id: "x" }, after: { id: "x" }, more: { mode: "data" } },
    ]);
    for (const plan of [importing, data]) {
      const kinds = reportOf([plannedStack(held, "a"), plannedStack(plan, "b")]).findings.map(
        ({ kind }) => kind,
      );
      expect(kinds).not.toContain("same-object");
    }
  });
});

describe("a state that no stack has", () => {
  const state = (resources: unknown) => JSON.stringify({ ...STATE, resources });
  const instance = { attributes: { id: "x", arn: "arn:x", password: "hunter2" } };

  it("gives up its objects' addresses and identities, and nothing else", () => {
    const holdings = holdingsOfState(
      "stacks/09-left/terraform.tfstate",
      state([
        {
          mode: "managed",
          module: 'module.m["a"]',
          type: "aws_x",
          name: "y",
          instances: [
            { ...instance, index_key: "k" },
            { ...instance, deposed: "0" },
          ],
        },
        { mode: "data", type: "aws_x", name: "z", instances: [instance] },
        {
          mode: "managed",
          type: "aws_x",
          name: "secret",
          instances: [{ ...instance, sensitive_attributes: [[{ type: "get_attr", value: "id" }]] }],
        },
      ]),
    );
    expect(holdings.map(({ address }) => address)).toEqual(['module.m["a"].aws_x.y["k"]', "aws_x.secret"]);
    expect(holdings[0]?.attributes).toEqual(
      new Map([
        ["id", "x"],
        ["arn", "arn:x"],
      ]),
    );
    expect(textsOf(sameObjects(holdings))).toEqual([]);
    const again = holdings.map((one) => ({ ...one, stack: "other" }));
    const texts = textsOf(sameObjects([...holdings, ...again]));
    expect(texts).toHaveLength(2);
    expect(texts[0]).toContain("aws_x (sensitive) is held by aws_x.secret in other");
  });

  it.each(["", "no", "[]", '{"version":3}', '{"version":4,"resources":[{"mode":"managed"}]}'])(
    "is refused in plain words when it is none: %j",
    (text) => {
      expect(() => holdingsOfState("stacks/x/terraform.tfstate", text)).toThrow(
        /^stacks\/x\/terraform.tfstate: given no Terraform state \(/,
      );
    },
  );

  it("hides no other one when it cannot be read, and is nothing when it is empty", () => {
    const left = unknownState("stacks/a/terraform.tfstate", '{"lineage":"a","encrypted_data":"eA=="}');
    const empty = unknownState("stacks/b/terraform.tfstate", "");
    const resource = { mode: "managed", type: "aws_x", name: "y", instances: [instance] };
    const other = unknownState("stacks/c/terraform.tfstate", state([resource]));
    expect(empty).toEqual({ key: "stacks/b/terraform.tfstate", holdings: [] });
    const { findings, areStatesKnown } = reportOf([], [left, other]);
    expect(textsOf(findings)).toEqual([
      "unknown-state: stacks/a/terraform.tfstate cannot be read, and no stack of the code has this state",
      "unknown-state: stacks/c/terraform.tfstate holds 1 object, and no stack of the code has this state",
    ]);
    expect(findings[0]?.lines[0]).toContain("given a state that OpenTofu has encrypted");
    expect(areStatesKnown).toBe(true);
  });

  it("is reported as a failure where the bucket cannot be looked through", () => {
    const { findings, areStatesKnown } = reportOf([], { failed: "s3:ListBucket: AccessDenied" });
    expect(textsOf(findings)).toEqual(["failed: The states' bucket could not be looked through"]);
    expect(findings[0]?.lines).toEqual(["s3:ListBucket: AccessDenied"]);
    expect(areStatesKnown).toBe(false);
  });
});
