import { type Calls, callsOf } from "../services/consumer/simulation/day.ts";
import { type Benchmark, MOST_GROWTH } from "./frame.ts";

const HOURS = 1 / 6;
const SERVICES: Record<string, keyof Calls> = {
  Kinesis: "kinesis",
  DynamoDB: "dynamoDb",
  S3: "s3",
  Milvus: "milvus",
  "the model": "model",
  Slack: "slack",
};

/**
 * How often one consumer calls what it depends on in ten minutes, counted in a simulation on virtual time: `npm run simulate -- --day` counts
 * longer. Nothing is measured with a clock, so there is no peer, and every run counts the same.
 */
export const benchmark: Benchmark = {
  name: "calls",
  unit: "calls in 10 minutes",
  better: "less",
  size: "shards",
  sizes: [1, 10, 100, 1_000],
  isAlone: true,
  rounds: 1,
  growth: "figure",
  targets: [
    {
      says: `calls to each of them grow by an exponent of at most ${MOST_GROWTH}`,
      isReached: ({ growth }) => Object.values(growth).every((exponent) => exponent <= MOST_GROWTH),
    },
  ],
  async open(size) {
    const calls = await callsOf(size, HOURS);
    return {
      contenders: Object.fromEntries(Object.entries(SERVICES).map(([name, key]) => [name, () => calls[key]])),
    };
  },
};
