import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  creationOnlyIn,
  ignoring,
  unsettled,
  withCreationOnly,
} from "../../delivery/commands/recover/creation-only.ts";
import { judge } from "../../delivery/commands/recover/judge.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";
import { importId } from "../../delivery/core/terraform/import-id.ts";
import { readImportPlan } from "../../delivery/core/terraform/imports.ts";

const HOME = { account: "123456789012", region: "ap-northeast-2" };

interface Change {
  readonly address: string;
  readonly actions: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly importing?: { readonly id: string };
  readonly replace_paths?: readonly (readonly (string | number)[])[];
}

/** A plan as `terraform show -json` has it. */
const planOf = (...changes: readonly Change[]) =>
  parsePlan(
    JSON.stringify({
      format_version: "1.2",
      terraform_version: "1.11.4",
      resource_changes: changes.map(({ address, ...change }) => {
        const [type = "", name = ""] = address.split(".");
        return {
          address,
          mode: "managed",
          type,
          name,
          change: { before_sensitive: false, after_sensitive: false, before: null, after: null, ...change },
        };
      }),
    }),
    "plan.json",
  );

describe("import ids before an object is made", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["aws_iam_policy", { name: "p" }, "arn:aws:iam::123456789012:policy/p"],
    ["aws_iam_policy", { name: "p", path: "/a/" }, "arn:aws:iam::123456789012:policy/a/p"],
    [
      "aws_kinesis_firehose_delivery_stream",
      { name: "f" },
      "arn:aws:firehose:ap-northeast-2:123456789012:deliverystream/f",
    ],
    [
      "aws_iam_openid_connect_provider",
      { url: "https://oidc.eks.ap-northeast-2.amazonaws.com/id/A1" },
      "arn:aws:iam::123456789012:oidc-provider/oidc.eks.ap-northeast-2.amazonaws.com/id/A1",
    ],
    ["aws_s3_bucket_versioning", { bucket: "b", expected_bucket_owner: "" }, "b"],
    ["aws_s3_bucket_versioning", { bucket: "b", expected_bucket_owner: "123456789012" }, "b,123456789012"],
    ["aws_s3_bucket_logging", { expected_bucket_owner: "123456789012" }, ""],
    ["aws_iam_role_policy", { role: "r", name: "permissions" }, "r:permissions"],
    // Known only once the policy is.
    ["aws_iam_role_policy_attachment", { role: "r" }, ""],
    ["aws_eks_addon", { addon_name: "coredns" }, ""],
  ])("%s %j: %s", (type, attributes, id) => {
    expect(importId({ type, attributes }, HOME)).toBe(id);
  });

  it("never have an empty part", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("aws_eks_node_group", "aws_iam_role_policy_attachment", "aws_cloudwatch_log_stream"),
        fc.dictionary(
          fc.constantFrom("cluster_name", "node_group_name", "role", "policy_arn", "log_group_name", "name"),
          fc.oneof(fc.constant(""), fc.constant(undefined), fc.stringMatching(/^[a-z]+$/)),
        ),
        (type, attributes) => {
          const id = importId({ type, attributes }, HOME);
          expect(id === "" || id.split(/[:/]/).every((part) => part !== "")).toBe(true);
        },
      ),
    );
  });
});

describe("what Terraform says of imports", () => {
  const line = (value: object) => JSON.stringify(value);
  const absent = (address: string) =>
    line({
      type: "diagnostic",
      diagnostic: {
        severity: "error",
        summary: "Cannot import non-existent remote object",
        detail: `While attempting to import an existing object to ${JSON.stringify(address)}, the provider detected that no object exists with the given id.`,
      },
    });
  const error = (summary: string, detail = "") =>
    line({ type: "diagnostic", diagnostic: { severity: "error", summary, detail } });
  const refresh = (addr: string) => line({ type: "refresh_start", hook: { resource: { addr } } });

  it("tells what is absent, whatever key its address has", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', "\\", "a", "]", "\n", "é", " ") }), (key) => {
        const address = `aws_eks_access_entry.team_members[${JSON.stringify(key)}]`;
        const { absent: found, errors } = readImportPlan(absent(address), []);
        expect([...found]).toEqual([address]);
        expect(errors).toEqual([]);
      }),
    );
  });

  it("tells what was asked for, and other errors", () => {
    const text = [refresh("aws_iam_role.a"), "no JSON", error("AccessDenied", "you may not")].join("\n");
    expect(readImportPlan(text, [])).toEqual({
      absent: new Set(),
      asked: new Set(["aws_iam_role.a"]),
      errors: ["AccessDenied: you may not"],
    });
  });

  it("takes a stream that the provider did not find for absent, and nothing else", () => {
    const imports = ["aws_kinesis_stream.logs", "aws_kinesis_stream.there", "aws_iam_role.a"].map((to) => ({
      to,
      id: "x",
    }));
    const text = [refresh("aws_kinesis_stream.there"), error("couldn't find resource")].join("\n");
    expect(readImportPlan(text, imports)).toMatchObject({
      absent: new Set(["aws_kinesis_stream.logs"]),
      errors: [],
    });
    expect(readImportPlan(text, imports.slice(1)).errors).toEqual(["couldn't find resource"]);
  });
});

describe("the gate", () => {
  const imported = { actions: ["update"], importing: { id: "x" } };

  it("lets imports, what is made, and what is set for the first time through", () => {
    const plan = planOf(
      { address: "aws_iam_role.a", actions: ["no-op"], importing: { id: "a" }, before: {}, after: {} },
      {
        address: "aws_s3_bucket.b",
        ...imported,
        before: { force_destroy: null, tags: {} },
        after: { force_destroy: false, tags: { Project: "CALI" } },
      },
      // Made by several requests, and cut off after the first.
      {
        address: "aws_kinesis_stream.half",
        ...imported,
        before: { encryption_type: "NONE", retention_period: 24 },
        after: { encryption_type: "KMS", retention_period: 168 },
      },
      {
        address: "aws_cloudwatch_log_group.half",
        ...imported,
        before: { retention_in_days: 0 },
        after: { retention_in_days: 30 },
      },
      {
        address: "aws_kms_key.half",
        ...imported,
        before: { enable_key_rotation: false },
        after: { enable_key_rotation: true },
      },
      { address: "aws_kinesis_stream.c", actions: ["create"], after: { name: "c" } },
      {
        address: "aws_kinesis_stream.d",
        actions: ["update"],
        before: { retention_period: 24 },
        after: { retention_period: 48 },
      },
    );
    const { explained, problems } = judge(plan, false);
    expect(problems).toEqual([]);
    expect(explained.map(({ what, address }) => `${what} ${address}`)).toEqual([
      "import aws_iam_role.a",
      "import aws_s3_bucket.b",
      "import aws_kinesis_stream.half",
      "import aws_cloudwatch_log_group.half",
      "import aws_kms_key.half",
      "create aws_kinesis_stream.c",
      "change aws_kinesis_stream.d",
    ]);
    expect(explained.map(({ notes }) => notes.length)).toEqual([0, 2, 2, 1, 1, 0, 1]);
  });

  it("refuses a stream that somebody gave another retention", () => {
    const plan = planOf({
      address: "aws_kinesis_stream.a",
      ...imported,
      before: { retention_period: 48 },
      after: { retention_period: 168 },
    });
    expect(judge(plan, false).problems).toHaveLength(1);
  });

  it("refuses an object of the name with other values, unless they may be set", () => {
    const plan = planOf({
      address: "aws_iam_role.a",
      ...imported,
      before: { tags_all: { Environment: "prod" } },
      after: { tags_all: { Environment: "dev" } },
    });
    expect(judge(plan, false).problems).toEqual([
      'aws_iam_role.a exists, and its tags_all.Environment is "prod"; the code says "dev"',
    ]);
    expect(judge(plan, true).problems).toEqual([]);
  });

  it.each<[string, Change, string]>([
    [
      "what is destroyed",
      { address: "aws_s3_bucket.a", actions: ["delete"], before: { bucket: "a" } },
      "aws_s3_bucket.a would be destroyed",
    ],
    [
      "what is replaced",
      {
        address: "aws_s3_bucket.a",
        actions: ["delete", "create"],
        before: { bucket: "a" },
        after: { bucket: "b" },
        replace_paths: [["bucket"]],
      },
      "aws_s3_bucket.a would be replaced (bucket)",
    ],
    [
      "what leaves the state",
      { address: "aws_s3_bucket.a", actions: ["forget"], before: { bucket: "a" } },
      "aws_s3_bucket.a would leave the state",
    ],
    [
      "less data",
      {
        address: "aws_kinesis_stream.a",
        actions: ["update"],
        before: { retention_period: 48 },
        after: { retention_period: 24 },
      },
      "aws_kinesis_stream.a: retention_period would change from 48 to 24",
    ],
  ])("refuses %s, whatever is allowed", (_, change, problem) => {
    expect(judge(planOf(change), true).problems.join()).toContain(problem);
  });
});

describe("arguments that count only when an object is made", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-recover-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const inCode = (body: object) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "cdk.tf.json"),
      JSON.stringify({ resource: { aws_eks_cluster: { main: body } } }),
    );
    return creationOnlyIn(folder);
  };
  const FLAG = "bootstrap_cluster_creator_admin_permissions";

  it("are those that the code says, or the provider where it doesn't", () => {
    const values = (body: object) => inCode(body).map(({ path, value }) => [path[0], value]);
    expect(values({})).toEqual([["bootstrap_self_managed_addons", true]]);
    expect(values({ bootstrap_self_managed_addons: false, access_config: { [FLAG]: false } })).toEqual([
      ["bootstrap_self_managed_addons", false],
      ["access_config", false],
    ]);
    expect(values({ access_config: [{}] })[1]).toEqual(["access_config", true]);
  });

  it("replace no cluster that was imported, and are put into its state", () => {
    const all = inCode({ access_config: { [FLAG]: false } });
    expect(ignoring(all)).toEqual({
      resource: {
        aws_eks_cluster: {
          main: {
            lifecycle: { ignore_changes: ["bootstrap_self_managed_addons", `access_config[0].${FLAG}`] },
          },
        },
      },
    });
    const before = { bootstrap_self_managed_addons: false, access_config: [{ [FLAG]: false }] };
    const plan = planOf({ address: "aws_eks_cluster.main", actions: ["no-op"], before, after: before });
    const notes = unsettled(all, plan);
    expect(notes.map(({ path }) => path)).toEqual([["bootstrap_self_managed_addons"]]);
    const state = {
      version: 4,
      serial: 7,
      lineage: "x",
      resources: [
        {
          mode: "managed",
          type: "aws_eks_cluster",
          name: "main",
          instances: [{ attributes: before, private: "p" }],
        },
        { mode: "data", type: "aws_eks_cluster", name: "main", instances: [{ attributes: {} }] },
      ],
    };
    const written = JSON.parse(withCreationOnly(JSON.stringify(state), notes));
    expect(written).toEqual({
      ...state,
      serial: 8,
      resources: [
        {
          ...state.resources[0],
          instances: [{ attributes: { ...before, bootstrap_self_managed_addons: true }, private: "p" }],
        },
        state.resources[1],
      ],
    });
    expect(() => withCreationOnly(JSON.stringify({ ...state, resources: [] }), notes)).toThrow(
      "the state has no",
    );
  });

  it("say nothing of a cluster that is not there", () => {
    expect(
      unsettled(inCode({}), planOf({ address: "aws_eks_cluster.main", actions: ["create"], after: {} })),
    ).toEqual([]);
    expect(ignoring([])).toBeUndefined();
  });
});
