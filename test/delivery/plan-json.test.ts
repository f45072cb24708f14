import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlanFormatError } from "../../delivery/core/errors.ts";
import { comparePlans, describeDifferences } from "../../delivery/core/plan-json/compare.ts";
import { differences } from "../../delivery/core/plan-json/difference.ts";
import { countsOf, hasChanges, isChange } from "../../delivery/core/plan-json/model.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";
import { inline, lines } from "../../delivery/core/plan-json/text.ts";
import { between, differencesOf, node, rendered } from "../support/differences.ts";
import { change, makePlan, planJson, planOf, planText } from "../support/plans.ts";

const NO_COUNTS = { create: 0, update: 0, replace: 0, delete: 0, import: 0, move: 0, forget: 0, drift: 0 };

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
    expect(rendered(stream?.differences.filter(({ forcesReplacement }) => forcesReplacement) ?? [])).toEqual([
      'name: "cali-logs-stream" -> "cali-stream"',
    ]);
    expect(stream?.computed).toEqual(["arn", "id"]);
  });

  it("drift is what the plan undoes, and no noise", () => {
    expect(planOf("drift").drift.map(({ address, differences }) => [address, rendered(differences)])).toEqual(
      [
        ["aws_ecr_repository.consumer", ["image_scanning_configuration[0].scan_on_push: true -> false"]],
        ["aws_kinesis_stream.logs", ['tags.Owner: null -> "console"']],
      ],
    );
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

describe("documents", () => {
  it("are compared as what they are: YAML, several in one text, JSON in JSON, lists of them", () => {
    const values = (memory: string, tag = "1.0") =>
      `# by hand\nimage:\n  tag: "${tag}"\nresources:\n  limits: { memory: ${memory} }\n`;
    expect(between({ v: [values("1Gi"), "b: 1\n"] }, { v: ["b: 1\n", values("2Gi")] })).toEqual([
      'v[1].resources.limits.memory: "1Gi" -> "2Gi"',
    ]);
    const manifests = (size: string) =>
      ["a", "b"].map(
        (name) => `kind: ConfigMap\nmetadata: { name: ${name} }\ndata: { size: ${name}${size} }\n`,
      );
    expect(
      between({ m: manifests("1").join("---\n") }, { m: manifests("2").reverse().join("---\n") }),
    ).toEqual(['m["ConfigMap/b"].data.size: "b1" -> "b2"', 'm["ConfigMap/a"].data.size: "a1" -> "a2"']);
    const nested = (n: number) => JSON.stringify({ inner: JSON.stringify([{ name: "x", n }]) });
    expect(between({ d: nested(1) }, { d: nested(2) })).toEqual(['d.inner["x"].n: 1 -> 2']);
    expect(between({ d: "a: 1\nb: 2\n" }, { d: "# said\nb: 2\na: 1\n" })).toEqual([]);
  });

  it("take no text for a document that is none, and no bomb", () => {
    const bomb = `a: &a [x, x]\n${"bcdefghij".replace(/./g, (letter) => `${letter}: &${letter} [*${String.fromCharCode(letter.charCodeAt(0) - 1)}, *${String.fromCharCode(letter.charCodeAt(0) - 1)}]\n`)}`;
    for (const text of [
      "[SERVICE]\n    Flush 1\n",
      "#!/bin/sh\nset -eu\n",
      "abcdefghijklmnopqrstuvwx",
      bomb,
      "{{ .Values.x }}\na: 1\n",
      "[",
    ]) {
      expect(node(text)).toBe(text);
    }
  });

  it("in Base64, with gzip or not, are read", () => {
    const script = (memory: string) => `#!/bin/bash\necho ${memory} of memory\n`;
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const gzip = (text: string) => gzipSync(text).toString("base64");
    for (const encode of [base64, gzip]) {
      const [found] = differences(node({ u: encode(script("1")) }), node({ u: encode(script("2")) }));
      expect(lines(found?.after)).toContain("  echo 2 of memory");
    }
  });

  it("keep whole numbers that JavaScript rounds", () => {
    expect(between({ d: '{"n":9007199254740992}' }, { d: '{"n":9007199254740993}' })).toEqual([
      "d.n: 9007199254740992 -> 9007199254740993",
    ]);
    expect(between({ d: "n: 9007199254740992\n" }, { d: "n: 9007199254740993\n" })).toEqual([
      "d.n: 9007199254740992 -> 9007199254740993",
    ]);
    const text = JSON.stringify(planJson([{ actions: ["create"], after: { n: 1, e: 2, s: "3" } }]))
      .replace('"n":1', '"n":12345678901234567890.5')
      .replace('"e":2', '"e":1e400');
    const [resource] = parsePlan(text, "x.json").resources;
    expect(inline(resource?.after)).toBe('{ "n": 12345678901234567890.5, "e": 1e400, "s": "3" }');
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

  it("says what was reviewed and what is now", () => {
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
      "a state",
      JSON.stringify({ format_version: "1.0", terraform_version: "1.11.4", values: {} }),
      /given a state/,
    ],
    ["a state file", JSON.stringify({ version: 4, serial: 1, lineage: "x", resources: [] }), /given a state/],
    [
      "another document",
      JSON.stringify({ format_version: "1.0", provider_schemas: {} }),
      /given JSON that is no plan/,
    ],
    ["a list", "[1]", /given JSON that is no object/],
    ["messages", '{"@level":"info"}\n{"@level":"info"}', /given the messages of terraform plan -json/],
    [
      "deeper than anybody writes",
      `${'{"resource_changes":'.repeat(50_000)}1${"}".repeat(50_000)}`,
      /more than 200 levels/,
    ],
    ["another format", JSON.stringify({ ...planJson([]), format_version: "2.0" }), /allowed: 0\.x and 1\.x/],
  ])("is refused: %s", (_, text, message) => {
    expect(() => parsePlan(text, "x.json")).toThrow(PlanFormatError);
    expect(() => parsePlan(text, "x.json")).toThrow(message);
    // One line, whatever was given.
    expect(() => parsePlan(text, "x.json")).toThrow(/^[^\n]*$/);
  });

  it("an ephemeral object that OpenTofu opens is no change, and one is deferred", () => {
    const plan = makePlan([{ address: "ephemeral.x", actions: ["open"], more: { mode: "ephemeral" } }], {
      deferred_changes: [
        {
          reason: "provider_config_unknown",
          resource_change: change({ address: "aws_x.later", actions: ["create"] }),
        },
      ],
    });
    expect(hasChanges(plan)).toBe(false);
    expect(plan.deferred).toEqual([
      { address: "aws_x.later", actions: ["create"], reason: "provider_config_unknown" },
    ]);
  });

  it("unknown keys are no reason to refuse one", () => {
    const plan = parsePlan(JSON.stringify({ ...planJson([]), news: { of: "1.99" } }), "x.json");
    expect(plan.resources.filter(isChange)).toEqual([]);
  });
});
