import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Adoption } from "../../config/adoption.ts";
import { CONFIG_FOLDER, loadConfig, parseConfigText } from "../../config/load.ts";
import { type BothLayouts, nextStep } from "../../delivery/commands/adopt/move.ts";
import { partition } from "../../delivery/commands/adopt/partition.ts";
import { refuseOther } from "../../delivery/commands/adopt/same.ts";
import { withLayout } from "../../delivery/commands/adopt/write.ts";
import { partOf, SHARED_PARTS, type SharedPart } from "../../delivery/core/shared-state/own.ts";
import {
  readStateFile,
  type StateFile,
  type StateResource,
} from "../../delivery/core/terraform/state-file.ts";
import { ROOT } from "../support/run.ts";

const LIVE = readStateFile(join(ROOT, "test/fixtures/legacy/terraform.tfstate"));
const NONE: BothLayouts["parts"] = new Map();

const managed = (state: StateFile) => state.resources.filter(({ mode }) => mode === "managed");

/** Each resource's instances as single resources, in a fixed order. */
function singles(state: StateFile | undefined): StateResource[] {
  return (state ? managed(state) : []).flatMap(({ instances, ...resource }) =>
    instances.map((instance) => ({ ...resource, instances: [instance] })),
  );
}
const shown = (resources: readonly StateResource[]) => resources.map((one) => JSON.stringify(one)).sort();
const addressOf = (resource: StateResource) => partition({ ...LIVE, resources: [resource] });
const isMoved = (resource: StateResource, objects: ReadonlySet<string>) =>
  addressOf(resource).adopted.some(({ address }) => objects.has(address));

/** As an import has it: without the index that a `count` of one gave. */
const imported = (resource: StateResource): StateResource => ({
  ...resource,
  instances: resource.instances.map((instance) => {
    const { index_key, ...one } = instance;
    return typeof index_key === "number" ? one : instance;
  }),
});

/** What Terraform makes of a written step; `reached` says of each object whether its apply came so far. */
function applied(
  { one, parts }: BothLayouts,
  { to, step, objects }: Adoption,
  reached: (address: string) => boolean,
): BothLayouts {
  const chosen = new Set(objects.map(({ address }) => address).filter(reached));
  const all = [...singles(one), ...[...parts.values()].flatMap(singles)];
  const moved = [
    ...new Map(
      all
        .filter((r) => isMoved(r, chosen))
        .map(imported)
        .map((r) => [JSON.stringify(r), r]),
    ).values(),
  ];
  const having = (state: StateFile | undefined, part: SharedPart | undefined): StateFile => {
    const takes = (to === "shared") === (part === undefined);
    const own = moved.filter((r) => part === undefined || partOf(r) === part);
    const before = singles(state);
    const has = new Set(before.map((r) => JSON.stringify(imported(r))));
    if (step === "import" && takes) {
      return { ...LIVE, resources: [...before, ...own.filter((r) => !has.has(JSON.stringify(r)))] };
    }
    if (step === "forget" && !takes) {
      return { ...LIVE, resources: before.filter((r) => !isMoved(r, chosen)) };
    }
    return { ...LIVE, resources: before };
  };
  return {
    one: having(one, undefined),
    parts: new Map(SHARED_PARTS.map((part) => [part, having(parts.get(part), part)])),
  };
}

/** Runs the steps to their end, some of them cut off. @returns the states, and the number of steps */
function move(
  to: Adoption["to"],
  from: BothLayouts,
  isCut: readonly boolean[],
  begun?: Adoption,
): { states: BothLayouts; steps: string[] } {
  let states = from;
  let before = begun;
  const steps: string[] = [];
  for (let count = 0; count < 20; count++) {
    const { adoption } = nextStep(to, states, before);
    if (!adoption) return { states, steps };
    steps.push(adoption.step);
    const cut = isCut[count] === true;
    states = applied(states, adoption, (address) => !cut || address.length % 2 === 0);
    before = adoption;
  }
  throw new Error(`no end after ${steps.join(", ")}`);
}

const AWS = 'provider["registry.terraform.io/hashicorp/aws"]';
const foreign = (name: string): StateResource => ({
  ...{ mode: "managed", type: "aws_sqs_queue", name, provider: AWS },
  instances: [{ schema_version: 0, sensitive_attributes: [], attributes: { id: `https://sqs/${name}` } }],
});

type Instance = StateResource["instances"][number];

/** What the code doesn't know, in every form: it stays, and its taints, leavings and aliases are nobody's business here. */
const anyOther = fc
  .record({
    name: fc.stringMatching(/^[a-z]{1,8}$/),
    type: fc.constantFrom(
      "aws_sqs_queue",
      "terraform_data",
      "google_pubsub_topic",
      "aws_eks_fargate_profile",
    ),
    module: fc.option(fc.constantFrom("module.a", 'module.b["x"].module.c[0]'), { nil: undefined }),
    provider: fc.constantFrom(AWS, `${AWS}.ireland`, 'provider["terraform.io/builtin/terraform"]'),
    keys: fc.oneof<fc.Arbitrary<(string | number | undefined)[]>[]>(
      fc.constant([undefined]),
      fc.constant([0, 1]),
      fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 }),
    ),
    odd: fc.constantFrom({}, { status: "tainted" }, { deposed: "0a1b2c3d" }),
    dependencies: fc.subarray(["aws_kinesis_stream.logs", "data.aws_vpc.default", "aws_sqs_queue.other"]),
  })
  .map(
    ({ keys, odd, dependencies, module, ...one }): StateResource => ({
      ...{ mode: "managed", ...one, ...(module !== undefined && { module }) },
      instances: keys.map(
        (key): Instance => ({
          ...{ schema_version: 0, sensitive_attributes: [], dependencies, ...odd },
          ...(key !== undefined && { index_key: key }),
          attributes: { id: `${module}.${one.type}.${one.name}.${String(key)}` },
        }),
      ),
    }),
  );

/** A module's own object of a type and name that 01-07 have. */
const MODULE_ROLE: StateResource = {
  ...{ mode: "managed", module: "module.iam", type: "aws_iam_role", name: "app_role", provider: AWS },
  instances: [{ schema_version: 0, sensitive_attributes: [], attributes: { id: "theirs", name: "theirs" } }],
};

/** Any part of the live state, with members of any name, a count of one, data sources, and things that the code doesn't know. */
const anyState = fc
  .record({
    kept: fc.subarray(
      singles(LIVE).filter(({ type }) => !type.startsWith("aws_eks_access")),
      { minLength: 1 },
    ),
    counted: fc.boolean(),
    team: fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 4 }),
    others: fc.uniqueArray(anyOther, {
      maxLength: 4,
      selector: ({ module, type, name }) => `${module} ${type} ${name}`,
    }),
    more: fc.subarray([MODULE_ROLE, ...LIVE.resources.filter(({ mode }) => mode === "data")]),
  })
  .map(({ kept, counted, team, others, more }): StateFile => {
    const [entry] = singles(LIVE).filter(({ type }) => type === "aws_eks_access_entry");
    if (!entry) throw new Error("the live state has no team");
    const members = team.map((key) => ({
      ...entry,
      instances: entry.instances.map((one) => ({
        ...one,
        index_key: key,
        attributes: { ...one.attributes, principal_arn: key },
      })),
    }));
    const own = kept.map((one) =>
      counted && one.type === "aws_iam_role"
        ? { ...one, instances: one.instances.map((instance) => ({ ...instance, index_key: 0 })) }
        : one,
    );
    return { ...LIVE, resources: [...own, ...members, ...others, ...more] };
  });

/** A state after the way there and back: what was counted has no index any more. */
const returned = (state: StateFile | undefined) => {
  if (!state) return [];
  return singles(state).map((r) => (addressOf(r).adopted.length > 0 ? imported(r) : r));
};

describe("a move between the layouts", () => {
  it("takes each object once, leaves none behind, and its way back is the identity, wherever it is cut off", () => {
    fc.assert(
      fc.property(anyState, fc.array(fc.boolean(), { maxLength: 6 }), (state, isCut) => {
        const { adopted, staying } = partition(state);
        const there = move("stacks", { one: state, parts: NONE }, isCut);
        // Complete and disjoint: each object is in one state, and in its own.
        expect(singles(there.states.one)).toHaveLength(staying.length);
        const divided = [...there.states.parts].flatMap(([part, its]) =>
          singles(its).map((resource) => [part, partOf(resource)] as const),
        );
        expect(divided).toHaveLength(adopted.length);
        for (const [part, own] of divided) expect(own).toBe(part);
        const back = move("shared", there.states, isCut);
        expect(shown(singles(back.states.one))).toEqual(shown(returned(state)));
        expect([...back.states.parts.values()].flatMap(singles)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it("is refused for any odd object of its own, by its address", () => {
    const odd = fc.constantFrom("tainted", "deposed", "aliased", "doubled", "twice");
    fc.assert(
      fc.property(anyState, odd, fc.nat(), (state, what, nth) => {
        const own = state.resources.filter((r) => addressOf(r).adopted.length > 0);
        const one = own[nth % own.length] as StateResource;
        const [instance] = one.instances as [Instance];
        const made: Record<typeof what, StateResource[]> = {
          tainted: [{ ...one, instances: [{ ...instance, status: "tainted" }] }],
          deposed: [{ ...one, instances: [instance, { ...instance, deposed: "0a1b2c3d" }] }],
          aliased: [{ ...one, provider: `${AWS}.ireland` }],
          doubled: [one, { ...one, name: "copy" }],
          twice: [one, one],
        };
        const resources = state.resources.flatMap((r) => (r === one ? made[what] : [r]));
        expect(() => nextStep("stacks", { one: { ...state, resources }, parts: NONE }, undefined)).toThrow(
          `${one.type}.${one.name}`,
        );
      }),
      { numRuns: 60 },
    );
  });

  it("turns round at any time", () => {
    fc.assert(
      fc.property(anyState, fc.boolean(), fc.boolean(), (state, cut, forgets) => {
        const from = { one: state, parts: NONE };
        const first = nextStep("stacks", from, undefined).adoption;
        if (!first) return;
        const half = (given: BothLayouts, step: Adoption, isCut: boolean) =>
          applied(given, step, (address) => !isCut || address.length % 2 === 0);
        const imported = half(from, first, cut && !forgets);
        const second = forgets ? nextStep("stacks", imported, first).adoption : undefined;
        const now = second ? half(imported, second, cut) : imported;
        const { states } = move("shared", now, [], second ?? first);
        expect(shown(returned(states.one))).toEqual(shown(returned(state)));
        expect([...states.parts.values()].flatMap(singles)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it("imports first, and forgets second", () => {
    expect(move("stacks", { one: LIVE, parts: NONE }, []).steps).toEqual(["import", "forget"]);
    expect(move("stacks", { one: LIVE, parts: NONE }, [true, false, true]).steps).toEqual([
      "import",
      "import",
      "forget",
      "forget",
    ]);
  });

  it("lists what stays", () => {
    const state = { ...LIVE, resources: [...LIVE.resources, foreign("jobs")] };
    expect(nextStep("stacks", { one: state, parts: NONE }, undefined)).toMatchObject({
      ...{ objects: 48, taken: 0, given: 48, staying: ["aws_sqs_queue.jobs"] },
    });
  });
});

describe("a move is refused", () => {
  const begun = nextStep("stacks", { one: LIVE, parts: NONE }, undefined).adoption as Adoption;
  const bucket = singles(LIVE).find(({ type }) => type === "aws_s3_bucket") as StateResource;
  const having = (part: SharedPart, resource: StateResource): BothLayouts => ({
    one: LIVE,
    parts: new Map([[part, { ...LIVE, resources: [resource] }]]),
  });
  const renamed = {
    ...bucket,
    instances: bucket.instances.map((one) => ({
      ...one,
      attributes: { ...one.attributes, bucket: "other" },
    })),
  };

  it.each<[string, BothLayouts, Adoption | undefined, RegExp]>([
    ["no state", { one: undefined, parts: NONE }, undefined, /the one state is empty/],
    [
      "another lineage",
      { one: { ...LIVE, lineage: "other" }, parts: NONE },
      begun,
      /has the lineage other; allowed: [\w-]+, of the state that the move began with/,
    ],
    [
      "an object in the other state, and no move begun",
      having("02-s3", bucket),
      undefined,
      /aws_s3_bucket\.logs is in a state that it is to come to already \(02-s3\)/,
    ],
    [
      "an object in a third state",
      having("07-ecr", bucket),
      begun,
      /aws_s3_bucket\.logs is in the state of 07-ecr; allowed: in that of 02-s3/,
    ],
    [
      "another object under the address",
      having("02-s3", renamed),
      begun,
      /aws_s3_bucket\.logs is cali-logs-123456789012 in one state, and in another other/,
    ],
  ])("with %s", (_, states, before, said) => {
    expect(() => nextStep("stacks", states, before)).toThrow(said);
  });

  it("of another project, or another team", () => {
    const config = loadConfig({ env: "terraform-users" });
    expect(() => refuseOther(config, { one: LIVE, parts: NONE }, "config/x.yaml")).toThrow(
      /the key .*user\/jun/,
    );
    const team = ["arn:aws:iam::123456789012:user/mina", "arn:aws:iam::123456789012:user/jun"];
    expect(() => refuseOther({ ...config, team }, { one: LIVE, parts: NONE }, "x")).not.toThrow();
    expect(() => refuseOther({ ...config, team, project: "acme" }, { one: LIVE, parts: NONE }, "x")).toThrow(
      "project: given acme; the state is of cali",
    );
  });
});

describe("the configuration", () => {
  const text = readFileSync(join(CONFIG_FOLDER, "terraform-users.yaml"), "utf8");

  it("keeps its names and comments, and goes back", () => {
    const there = withLayout(text, "stacks", "cali", "x");
    expect(parseConfigText(there, "x")).toMatchObject({
      stateLayout: "stacks",
      prefix: "cali",
      imported: true,
    });
    expect(there.split("\n").filter((line) => !text.split("\n").includes(line))).toEqual([
      "stateLayout: stacks",
      "imported: true",
      "prefix: cali",
    ]);
    const back = withLayout(there, "shared", "cali", "x");
    expect(parseConfigText(back, "x")).toMatchObject({ stateLayout: "shared", prefix: null, imported: true });
    expect(withLayout(back, "stacks", "cali", "x")).toBe(there);
  });

  it("must have the key", () => {
    expect(() => withLayout("project: cali\n", "stacks", "cali", "config/x.yaml")).toThrow(
      "config/x.yaml: given no stateLayout",
    );
  });
});
