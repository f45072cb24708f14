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

/** What Terraform makes of a written step; `reached` says of each object whether its apply came so far. */
function applied(
  { one, parts }: BothLayouts,
  { to, step, objects }: Adoption,
  reached: (address: string) => boolean,
): BothLayouts {
  const chosen = new Set(objects.map(({ address }) => address).filter(reached));
  const all = [...singles(one), ...[...parts.values()].flatMap(singles)];
  const moved = [
    ...new Map(all.filter((r) => isMoved(r, chosen)).map((r) => [JSON.stringify(r), r])).values(),
  ];
  const having = (state: StateFile | undefined, part: SharedPart | undefined): StateFile => {
    const takes = (to === "shared") === (part === undefined);
    const own = moved.filter((r) => part === undefined || partOf(r) === part);
    const before = singles(state);
    const has = new Set(before.map((r) => JSON.stringify(r)));
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

const foreign = (name: string): StateResource => ({
  ...{
    mode: "managed",
    type: "aws_sqs_queue",
    name,
    provider: 'provider["registry.terraform.io/hashicorp/aws"]',
  },
  instances: [{ schema_version: 0, sensitive_attributes: [], attributes: { id: `https://sqs/${name}` } }],
});

/** Any part of the live state, with members of any name, and things that the code doesn't know. */
const anyState = fc
  .record({
    kept: fc.subarray(
      singles(LIVE).filter(({ type }) => !type.startsWith("aws_eks_access")),
      { minLength: 1 },
    ),
    team: fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 4 }),
    others: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 3 }),
  })
  .map(({ kept, team, others }): StateFile => {
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
    return { ...LIVE, resources: [...kept, ...members, ...others.map(foreign)] };
  });

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
        expect(shown(singles(back.states.one))).toEqual(shown(singles(state)));
        expect([...back.states.parts.values()].flatMap(singles)).toEqual([]);
      }),
      { numRuns: 30 },
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
        expect(shown(singles(states.one))).toEqual(shown(singles(state)));
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
