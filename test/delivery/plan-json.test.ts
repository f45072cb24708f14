import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlanFormatError } from "../../delivery/core/errors.ts";
import { comparePlans, describeDifferences } from "../../delivery/core/plan-json/compare.ts";
import { dataLossIn } from "../../delivery/core/plan-json/data-loss.ts";
import { differences } from "../../delivery/core/plan-json/difference.ts";
import { countsOf, hasChanges, isChange, type Plan } from "../../delivery/core/plan-json/model.ts";
import { type Node, nodeOf } from "../../delivery/core/plan-json/node.ts";
import type { Difference } from "../../delivery/core/plan-json/path.ts";
import { pathText } from "../../delivery/core/plan-json/path.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";
import { inline, lines } from "../../delivery/core/plan-json/text.ts";
import { change, makePlan, planJson, planOf, planText } from "../support/plans.ts";

const NO_COUNTS = { create: 0, update: 0, replace: 0, delete: 0, import: 0, move: 0, forget: 0, drift: 0 };

const told = (found: readonly Difference[]) =>
  found.map(({ path, before, after }) => `${pathText(path)}: ${inline(before)} -> ${inline(after)}`);

function differencesOf(plan: Plan, address: string): string[] {
  return told(plan.resources.find((resource) => resource.address === address)?.differences ?? []);
}

const node = (value: unknown): Node => nodeOf({ value, sensitive: false, unknown: false }, () => false);
const between = (before: unknown, after: unknown) => told(differences(node(before), node(after)));

describe("real plans", () => {
  it.each([
    ["create", { create: 48 }],
    ["no-op", {}],
    ["update", { update: 3 }],
    ["replace", { replace: 3 }],
    ["destroy", { delete: 3 }],
    ["sensitive", { update: 1 }],
    ["moved", { move: 1 }],
    ["forget", { forget: 4 }],
    ["import", { import: 4, update: 2 }],
    ["drift", { update: 2, drift: 2 }],
    ["huge", { create: 220 }],
  ])("%s is counted", (name, counts) => {
    const plan = planOf(name);
    expect(countsOf(plan)).toEqual({ ...NO_COUNTS, ...counts });
    expect(hasChanges(plan)).toBe(name !== "no-op");
  });

  it("an update has what changes and nothing else", () => {
    const plan = planOf("update");
    expect(differencesOf(plan, "aws_kinesis_stream.logs")).toEqual([
      "retention_period: 24 -> 48",
      "shard_count: 1 -> 2",
    ]);
    expect(differencesOf(plan, "aws_s3_bucket_lifecycle_configuration.logs")).toEqual([
      'rule["archive-old-logs"].transition["GLACIER"].days: 90 -> 60',
    ]);
  });

  it("a replacement says what forces it, and that the old object goes first", () => {
    const stream = planOf("replace").resources.find(({ address }) => address === "aws_kinesis_stream.logs");
    expect(stream?.replaceOrder).toBe("delete-first");
    expect(told(stream?.differences.filter(({ forcesReplacement }) => forcesReplacement) ?? [])).toEqual([
      'name: "cali-logs-stream" -> "cali-stream"',
    ]);
    expect(stream?.computed).toEqual(["arn", "id"]);
  });

  it("drift is what the plan undoes, and no noise", () => {
    expect(planOf("drift").drift.map(({ address, differences }) => [address, told(differences)])).toEqual([
      ["aws_ecr_repository.consumer", ["image_scanning_configuration[0].scan_on_push: true -> false"]],
      ["aws_kinesis_stream.logs", ['tags.Owner: null -> "console"']],
    ]);
  });

  it("no secret of any plan is in what was read of it", () => {
    for (const name of ["create", "sensitive", "huge"]) {
      const everything = JSON.stringify(planOf(name), (_, value) =>
        value instanceof Map ? [...value] : value,
      );
      expect(planText(name)).toContain("Passw0rd!x");
      expect(everything).not.toContain("Passw0rd!x");
      expect(everything).not.toContain("An0ther!pw");
    }
    expect(differencesOf(planOf("sensitive"), "aws_opensearch_domain.logs")).toEqual([
      "advanced_security_options[0].master_user_options[0].master_user_password: (sensitive) -> (sensitive)",
    ]);
  });

  it("data that would be lost is found", () => {
    expect(dataLossIn(planOf("replace")).map(({ address, action }) => [address, action])).toEqual([
      ["aws_kinesis_stream.logs", "replace"],
    ]);
    expect(dataLossIn(planOf("destroy")).map(({ address }) => address)).toEqual([
      "aws_ecr_repository.log_generator",
    ]);
    for (const name of ["create", "update", "forget", "moved", "import", "drift"]) {
      expect(dataLossIn(planOf(name))).toEqual([]);
    }
  });
});

describe("differences", () => {
  it("takes every way of not being set for the same", () => {
    expect(between({ a: null, b: "", c: [], d: {} }, {})).toEqual([]);
    expect(between({ a: false, b: 0 }, {})).toEqual(["a: false -> null", "b: 0 -> null"]);
  });

  it("finds elements by name, else by likeness, else by place, whatever their order", () => {
    const rule = (id: string, days: number) => ({ id, days, on: true });
    expect(between([rule("a", 1), rule("b", 2)], [rule("b", 3), rule("a", 1)])).toEqual([
      '["b"].days: 2 -> 3',
    ]);
    const port = (from: number, to: number) => ({ from, to, protocol: "tcp" });
    expect(between({ x: [port(1, 2), port(5, 6)] }, { x: [port(5, 7), port(1, 2)] })).toEqual([
      "x[0].to: 6 -> 7",
    ]);
    expect(between({ x: [{ on: true }] }, { x: [{ on: false }] })).toEqual(["x[0].on: true -> false"]);
  });

  it("shows elements of plain lists that come and go, and a new order", () => {
    expect(between({ x: ["a", "b", "c"] }, { x: ["new", "a", "c"] })).toEqual([
      'x[0]: null -> "new"',
      'x[1]: "b" -> null',
    ]);
    const [reordered] = differences(node({ x: ["a", "b"] }), node({ x: ["b", "a"] }));
    expect(reordered).toMatchObject({ isReordered: true });
  });

  it("reads JSON documents, in which the order of keys means nothing", () => {
    expect(between({ policy: '{"a":1,"b":[{"c":2}]}' }, { policy: '{ "b": [{ "c": 2 }], "a": 1 }' })).toEqual(
      [],
    );
    expect(between({ policy: '{"a":null}' }, { policy: "{}" })).toHaveLength(1);
  });

  it("is none between equal values and never none between different ones", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(differences(node(a), node(a), { exact: true })).toEqual([]);
        const isSame = JSON.stringify(a) === JSON.stringify(b);
        if (!isSame && lines(node(a)).join("\n") !== lines(node(b)).join("\n")) {
          expect(differences(node(a), node(b), { exact: true }).length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("secrets", () => {
  const secret = "hunter2-hunter2";

  it("are found where Terraform doesn't mark them: in documents, drift, outputs, other resources", () => {
    const { configuration: _, ...rest } = planJson([
      { actions: ["create"], after: { password: secret }, afterSensitive: { password: true } },
      { address: "aws_x.y", actions: ["update"], before: { note: "-" }, after: { note: `pw=${secret}` } },
      {
        address: "aws_x.z",
        actions: ["create"],
        after: { policy: JSON.stringify({ deep: [{ key: secret }] }) },
      },
    ]);
    const plan = parsePlan(
      JSON.stringify({
        ...rest,
        resource_drift: [
          change({ address: "aws_x.y", actions: ["update"], before: { note: secret }, after: { note: "-" } }),
        ],
        output_changes: {
          url: {
            actions: ["create"],
            before: null,
            after: secret,
            before_sensitive: false,
            after_sensitive: false,
          },
        },
      }),
      "plan.json",
    );
    const shown = [
      ...plan.resources.flatMap(({ differences }) => told(differences)),
      ...plan.drift.flatMap(({ differences }) => told(differences)),
      ...plan.outputs.map(({ after }) => inline(after)),
    ];
    expect(shown.join("\n")).not.toContain("hunter2");
    expect(shown.filter((text) => text.includes("(sensitive)"))).toHaveLength(5);
  });

  it("of variables are not shown either, and masks of lists and maps hold", () => {
    const plan = makePlan(
      [
        {
          actions: ["update"],
          before: { a: ["open", "closed-1"], m: { k: "closed-2" } },
          after: { a: ["open", "closed-3"], m: { k: secret } },
          beforeSensitive: { a: [false, true], m: { k: true } },
          afterSensitive: { a: [false, true] },
        },
      ],
      {
        variables: { token: { value: secret } },
        configuration: { root_module: { variables: { token: { sensitive: true } } } },
      },
    );
    const shown = differencesOf(plan, "aws_kinesis_stream.logs");
    expect(shown).toEqual([
      "a[1]: (sensitive) -> null",
      "a[1]: null -> (sensitive)",
      "m.k: (sensitive) -> (sensitive)",
    ]);
  });

  it("never come out, wherever the mask and the value are", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), (value, inDocument) => {
        const after = {
          hidden: { value, secret },
          shown: inDocument ? JSON.stringify({ secret }) : [secret],
        };
        const plan = makePlan([
          { actions: ["update"], before: {}, after, afterSensitive: { hidden: { secret: true } } },
        ]);
        expect(differencesOf(plan, "aws_kinesis_stream.logs").join()).not.toContain(secret);
      }),
      { numRuns: 100 },
    );
  });
});

describe("data loss", () => {
  const stream = (actions: readonly string[], more: Record<string, unknown> = {}) =>
    dataLossIn(makePlan([{ actions, before: { name: "a" }, after: { name: "b" }, more }])).length;

  it("is any destruction, the first or the second half of a replacement, and of leftovers", () => {
    expect(stream(["delete"])).toBe(1);
    expect(stream(["delete", "create"])).toBe(1);
    expect(stream(["create", "delete"])).toBe(1);
    expect(stream(["delete"], { deposed: "abcd1234" })).toBe(1);
  });

  it("is no update, no object that only leaves the state, no data source", () => {
    expect(stream(["update"])).toBe(0);
    expect(stream(["forget"])).toBe(0);
    expect(stream(["create", "forget"])).toBe(0);
    expect(stream(["delete"], { mode: "data" })).toBe(0);
  });
});

describe("comparing two plans", () => {
  const shards = (before: number, after: number) =>
    makePlan([{ actions: ["update"], before: { shard_count: before }, after: { shard_count: after } }]);

  it("finds nothing between equal ones", () => {
    for (const name of ["update", "sensitive", "import", "moved"]) {
      const again = parsePlan(planText(name), name);
      expect(comparePlans(planOf(name), again)).toEqual([]);
    }
  });

  it("tells what was reviewed and what is now", () => {
    expect(describeDifferences(comparePlans(shards(1, 2), shards(3, 4)))).toEqual([
      "aws_kinesis_stream.logs: reviewed: update; now: update",
      "  it was shard_count: 1 in the reviewed plan, 3 now",
      "  it becomes shard_count: 2 in the reviewed plan, 4 now",
    ]);
    const gone = makePlan([]);
    expect(describeDifferences(comparePlans(shards(1, 2), gone))).toEqual([
      "aws_kinesis_stream.logs: reviewed: update; now: nothing",
    ]);
    expect(comparePlans(gone, makePlan([{ actions: ["delete"], before: { id: "x" } }]))).toMatchObject([
      { reviewed: undefined, current: "delete" },
    ]);
  });

  it("sees a secret that changed, and doesn't show it", () => {
    const password = (value: string) =>
      makePlan([
        { actions: ["update"], before: {}, after: { password: value }, afterSensitive: { password: true } },
      ]);
    expect(comparePlans(password("first-secret"), password("first-secret"))).toEqual([]);
    const lines = describeDifferences(comparePlans(password("first-secret"), password("other-secret")));
    expect(lines.join()).toContain("password: (sensitive) in the reviewed plan, (sensitive) now");
    expect(lines.join()).not.toMatch(/first-secret|other-secret/);
  });

  it("takes null and [] for different: what is applied must be what was reviewed", () => {
    const tags = (value: unknown) => makePlan([{ actions: ["create"], after: { tags: value } }]);
    expect(comparePlans(tags(null), tags([]))).toHaveLength(1);
  });
});

describe("what is no plan", () => {
  it.each([
    ["no JSON", "{", /given no JSON/],
    ["another format", JSON.stringify({ ...planJson([]), format_version: "2.0" }), /format_version/],
    ["an action nobody knows", JSON.stringify(planJson([{ actions: ["explode"] }])), /actions/],
    [
      "actions nobody combines",
      JSON.stringify(planJson([{ actions: ["delete", "delete"] }])),
      /given delete, delete/,
    ],
    [
      "no mask of secrets",
      JSON.stringify(planJson([{ actions: ["create"], change: { after_sensitive: undefined } }])),
      /mask of sensitive values/,
    ],
  ])("is refused: %s", (_, text, message) => {
    expect(() => parsePlan(text, "x.json")).toThrow(PlanFormatError);
    expect(() => parsePlan(text, "x.json")).toThrow(message);
  });

  it("unknown keys are no reason to refuse one", () => {
    const plan = parsePlan(JSON.stringify({ ...planJson([]), news: { of: "1.99" } }), "x.json");
    expect(plan.resources.filter(isChange)).toEqual([]);
  });
});
