import { describe, expect, it } from "vitest";
import { unreviewed } from "../../delivery/core/deployment/explain.ts";
import { type ChangeInput, makePlan } from "../support/plans.ts";

const BEFORE = { shards: 1, retention: 24, name: "logs" };
const update = (after: object, before: object = BEFORE): ChangeInput => ({
  actions: ["update"],
  before,
  after: { ...before, ...after },
});
const create = (address: string, after: object = { name: "x" }): ChangeInput => ({
  address,
  actions: ["create"],
  after,
});
const plan = (...changes: ChangeInput[]) => makePlan(changes);
const left = (own: readonly ChangeInput[], earlier: readonly ChangeInput[][], now: readonly ChangeInput[]) =>
  unreviewed(
    plan(...own),
    earlier.map((changes) => plan(...changes)),
    plan(...now),
  ).map(({ what }) => what);

describe("what nobody has reviewed", () => {
  const own = [create("aws_ecr_repository.own")];
  const other = [create("aws_ecr_repository.other")];

  it("is nothing when the plans of all that were merged make the new one", () => {
    expect(left(own, [], own)).toEqual([]);
    expect(left(own, [other], [...own, ...other])).toEqual([]);
    expect(left([], [own, other], [...own, ...other])).toEqual([]);
    // One that is deployed already changes nothing any more.
    expect(left(own, [other], own)).toEqual([]);
  });

  it("is what none of them has, or has otherwise", () => {
    const more = create("aws_ecr_repository.more");
    expect(left(own, [other], [...own, ...other, more])).toEqual([more.address]);
    const changed = create("aws_ecr_repository.other", { name: "y" });
    expect(left(own, [other], [...own, changed])).toEqual([changed.address]);
    const gone: ChangeInput = {
      address: "aws_ecr_repository.other",
      actions: ["delete"],
      before: { name: "x" },
    };
    expect(left(own, [other], [...own, gone])).toEqual([gone.address]);
  });

  it("is what was reviewed and would not be done", () => {
    expect(left(own, [other], other)).toEqual(["aws_ecr_repository.own"]);
  });

  it("takes an object that several change by its values", () => {
    const shards = update({ shards: 2 });
    const retention = update({ retention: 48 });
    const both = update({ shards: 2, retention: 48 });
    expect(left([shards], [[retention]], [both])).toEqual([]);
    expect(left([shards], [], [both])).toEqual(["aws_kinesis_stream.logs"]);
    // A value that nobody asked for.
    expect(left([shards], [[retention]], [update({ shards: 2, retention: 12 })])).toEqual([
      "aws_kinesis_stream.logs",
    ]);
    // This pull request's own value is not among them.
    expect(left([shards], [[retention]], [retention])).toEqual(["aws_kinesis_stream.logs"]);
    expect(left([shards], [], [retention])).toEqual(["aws_kinesis_stream.logs"]);
  });

  it("is a value that was reviewed of another object, or of one that would be replaced", () => {
    const both = update({ shards: 2, retention: 48 });
    const other: ChangeInput = { ...update({ shards: 2 }), address: "aws_kinesis_stream.other" };
    expect(left([other], [[update({ retention: 48 })]], [other, both])).toEqual(["aws_kinesis_stream.logs"]);
    const replaced: ChangeInput = { ...update({ shards: 2 }), actions: ["delete", "create"] };
    expect(left([update({ retention: 48 })], [[replaced]], [both])).toEqual(["aws_kinesis_stream.logs"]);
  });

  it("is what lacks one of this pull request's own values", () => {
    const mine = update({ shards: 2, retention: 48 });
    const theirs = update({ name: "x" });
    expect(left([mine], [[theirs]], [update({ shards: 2, retention: 48, name: "x" })])).toEqual([]);
    expect(left([mine], [[theirs]], [update({ shards: 2, name: "x" })])).toEqual(["aws_kinesis_stream.logs"]);
  });

  it("is told apart by what is not set and what is empty", () => {
    const empty = update({ shards: 2, retention: 48 }, { ...BEFORE, name: "" });
    const unset = (after: object) => update(after, { shards: 1, retention: 24 });
    expect(left([unset({ shards: 2 })], [[unset({ retention: 48 })]], [empty])).toEqual([
      "aws_kinesis_stream.logs",
    ]);
  });

  it("is neither a leftover nor an output that was reviewed before", () => {
    const leftover: ChangeInput = {
      actions: ["delete"],
      before: { name: "x" },
      more: { deposed: "abcd1234" },
    };
    expect(left([], [[leftover]], [leftover])).toEqual([]);
    expect(left([], [[]], [leftover])).toEqual(["aws_kinesis_stream.logs (deposed abcd1234)"]);
    const made = {
      actions: ["create"],
      before: null,
      after_unknown: false,
      before_sensitive: false,
      after_sensitive: false,
    };
    const output = (value: string) =>
      makePlan([], {
        output_changes: {
          url: { ...made, after: value },
          same: { ...made, after: "s" },
        },
      });
    const whats = (earlier: string, now: string) =>
      unreviewed(makePlan([]), [output(earlier)], output(now)).map(({ what }) => what);
    expect(whats("a", "a")).toEqual([]);
    expect(whats("a", "b")).toEqual(["output url"]);
  });

  it("is a value that is set from another one than was seen", () => {
    const drifted = update({ shards: 2 }, { ...BEFORE, name: "other" });
    expect(left([update({ shards: 2 })], [[update({ retention: 48 })]], [drifted])).toEqual([
      "aws_kinesis_stream.logs",
    ]);
  });
});
