import { describe, expect, it } from "vitest";
import { changesIn, comparePlans } from "../../delivery/core/plan-json/compare.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";
import { releasedMeanwhile, withoutImages } from "../../delivery/core/planning/images.ts";
import { type ChangeInput, planJson } from "../support/plans.ts";

/** An image by digest. */
const image = (digit: string, service = "consumer") =>
  `1.dkr.ecr.ap-northeast-2.amazonaws.com/cali-dev/${service}@sha256:${digit.repeat(64)}`;
const DEPLOYMENT = "kubernetes_deployment_v1.consumer";

/** A plan of a stack that runs an image; what runs, and what it was planned with. */
function text(running: string, given: string, changes: readonly ChangeInput[]): string {
  const output = {
    actions: [running === given ? "no-op" : "update"],
    before: running,
    after: given,
    before_sensitive: false,
    after_sensitive: false,
  };
  return JSON.stringify(
    planJson(changes, { variables: { image: { value: given } }, output_changes: { image: output } }),
  );
}
/** The same without the image. */
const own = (...given: Parameters<typeof text>) => parsePlan(withoutImages(text(...given)), "plan.json");

interface Deployed {
  readonly image: string;
  readonly memory?: string;
  readonly version?: string;
}
const deployment = ({ image: which, memory = "1Gi", version = "1" }: Deployed) => ({
  metadata: [{ name: "consumer", generation: Number(version), resource_version: version }],
  spec: [{ image: which, memory, values: `image:\n  repository: x\n  digest: ${which.split("@")[1]}\n` }],
});
const update = (before: Deployed, after: Deployed, address = DEPLOYMENT): ChangeInput => ({
  address,
  actions: ["update"],
  before: deployment(before),
  after: deployment({ ...after, version: before.version ?? "1" }),
});

describe("a plan of a stack with an image", () => {
  const [a, b] = [image("a"), image("b")];
  const memory = (which: string, version: string) =>
    own(which, which, [update({ image: which, version }, { image: which, memory: "2Gi" })]);

  it("is the same after a release, which also moved Kubernetes' version of the object", () => {
    expect(comparePlans(memory(a, "1"), memory(b, "2"))).toEqual([]);
  });

  it("differs where the object was changed otherwise, or would get another image than the one that runs", () => {
    const byHand = own(b, b, [update({ image: b, memory: "512Mi" }, { image: b, memory: "2Gi" })]);
    expect(comparePlans(memory(a, "1"), byHand)).toMatchObject([{ what: DEPLOYMENT }]);
    const foreign = own(b, b, [update({ image: image("f") }, { image: b, memory: "2Gi" })]);
    expect(comparePlans(memory(a, "1"), foreign)).toMatchObject([{ what: DEPLOYMENT }]);
  });

  it("is nothing but its image when only that changes, wherever it stands", () => {
    expect(changesIn(own(a, b, [update({ image: a }, { image: b })]))).toEqual([]);
    const more = changesIn(own(a, b, [update({ image: a }, { image: b, memory: "2Gi" })]));
    expect(more).toMatchObject([{ what: DEPLOYMENT, current: "update" }]);
    const gone: ChangeInput = { actions: ["delete"], before: { name: "x" } };
    expect(changesIn(own(a, b, [update({ image: a }, { image: b }), gone]))).toHaveLength(1);
  });

  it("keeps the images of two services apart", () => {
    const values = { airflow_image: { value: image("a", "airflow-dags") }, consumer_image: { value: a } };
    expect(withoutImages(JSON.stringify({ variables: values }))).not.toMatch(/[ab]{64}/);
    const two = { variables: { airflow_image: { value: b }, consumer_image: { value: a } }, x: [a, b] };
    expect(JSON.parse(withoutImages(JSON.stringify(two))).x).toEqual([
      a.replace("a".repeat(64), "consumer_image"),
      b.replace("b".repeat(64), "airflow_image"),
    ]);
  });

  it("leaves what is no digest of an image variable", () => {
    const other = JSON.stringify({ variables: { name: { value: a } }, x: a });
    expect(withoutImages(other)).toBe(other);
    expect(withoutImages("no JSON")).toBe("no JSON");
  });
});

describe("what was reviewed and is done already", () => {
  const before = { shards: 1, name: "logs" };
  const stream = (actions: string[], after: object | null, unknown = {}): ChangeInput => ({
    actions,
    before,
    after,
    unknown,
  });
  const compared = (reviewed: ChangeInput, ...now: ChangeInput[]) =>
    comparePlans(own("x", "x", [reviewed]), own("x", "x", now));
  const stays = (after: object): ChangeInput => ({ actions: ["no-op"], before: after, after });

  it("is no difference: an update, a replacement with what was not known, a deletion", () => {
    expect(
      compared(stream(["update"], { shards: 2, name: "logs" }), stays({ shards: 2, name: "logs" })),
    ).toEqual([]);
    const replaced = stream(["delete", "create"], { name: "other" }, { shards: true });
    expect(compared(replaced, stays({ name: "other", shards: 7 }))).toEqual([]);
    expect(compared(stream(["delete"], null))).toEqual([]);
  });

  it("is one where it is not there, or otherwise", () => {
    const reviewed = stream(["update"], { shards: 2, name: "logs" });
    expect(compared(reviewed, stays({ shards: 3, name: "logs" }))).toHaveLength(1);
    expect(compared(reviewed)).toHaveLength(1);
    expect(compared(stream(["delete"], null), stays(before))).toHaveLength(1);
  });
});

describe("an image that is released while its stack is planned", () => {
  const plan = (running: unknown, given: string) =>
    JSON.stringify({
      variables: { image: { value: given } },
      output_changes: { image: { before: running } },
    });

  it("is planned with", () => {
    const taken = { TF_VAR_image: image("a") };
    expect(releasedMeanwhile(plan(image("a"), image("a")), taken)).toEqual({});
    expect(releasedMeanwhile(plan(image("b"), image("a")), taken)).toEqual({ TF_VAR_image: image("b") });
  });

  it("is left alone where the plan is to bring one, or nothing runs", () => {
    expect(releasedMeanwhile(plan(image("b"), image("c")), {})).toEqual({});
    expect(releasedMeanwhile(plan(null, image("a")), { TF_VAR_image: image("a") })).toEqual({});
  });
});
