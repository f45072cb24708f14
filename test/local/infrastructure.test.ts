import { expect, it } from "vitest";
import { infrastructureOf } from "../../local/infrastructure.ts";

const SYNTHESIZED = {
  project: "cali",
  environment: "dev",
  region: "ap-northeast-2",
  stacks: [
    {
      ...{ name: "02-s3", step: 1, makes: "the bucket", tier: "aws", waitsFor: [] },
      resources: [{ type: "aws_s3_bucket", address: "aws_s3_bucket.logs", name: "cali-dev-logs" }],
    },
  ],
  flows: [],
};
const change = (after: number, unknown = 0) => ({ before: after, after, unknown });
const part = (usd: number, budgetUsd: number | null) => ({ usd, unknown: 0, budgetUsd });
const COST = {
  budgetUsd: 182,
  total: change(177.06, 4),
  stacks: { "02-s3": change(0.97) },
  parts: { eks: part(73, 73), ec2: part(86.9, 30), opensearch: part(0, null), rest: part(17.2, 39) },
};

it("the synth's stacks stand beside what cali cost says of them", () => {
  const { stacks, cost, fit } = infrastructureOf(SYNTHESIZED, COST);
  expect(stacks).toEqual(SYNTHESIZED.stacks);
  expect(cost.total).toEqual({ usd: 177.06, unknown: 4 });
  expect(cost.byStack).toEqual({ "02-s3": { usd: 0.97, unknown: 0 } });
  expect(cost.parts.map(({ part: name, budgetUsd }) => [name, budgetUsd])).toEqual([
    ["eks", 73],
    ["ec2", 30],
    ["opensearch", undefined],
    ["rest", 39],
  ]);
  expect(fit).toBeUndefined();
});

it.each([
  ["a synth without stacks", { ...SYNTHESIZED, stacks: undefined }, COST],
  ["a cost without a total", SYNTHESIZED, { ...COST, total: undefined }],
  ["a cost without a part", SYNTHESIZED, { ...COST, parts: { eks: part(73, 73) } }],
])("%s is refused", (_, synthesized, cost) => {
  expect(() => infrastructureOf(synthesized, cost)).toThrow();
});
