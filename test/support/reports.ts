import type { Plan } from "../../delivery/core/plan-json/model.ts";
import type { Report, StackReport } from "../../delivery/core/report/report.ts";

export const REPOSITORY = "https://github.com/shop/cali";
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** Lines as a synth writes them, fixed here so that a comment's text doesn't change with the code. */
const SOURCES: Report["sources"] = {
  infra: {
    "aws_kinesis_stream.logs": { file: "stacks/01-kinesis.ts", line: 39 },
    "aws_kinesis_firehose_delivery_stream.to_s3": { file: "constructs/firehose-to-s3.ts", line: 16 },
    "aws_kinesis_firehose_delivery_stream.to_opensearch": {
      file: "constructs/firehose-to-opensearch.ts",
      line: 32,
    },
    "aws_s3_bucket.logs": { file: "stacks/02-s3.ts", line: 25 },
    "aws_ecr_repository.consumer": { file: "constructs/image-repository.ts", line: 24 },
    "aws_ecr_repository.log_generator": { file: "constructs/image-repository.ts", line: 24 },
  },
};

/** A stack with a plan. */
export const plannedStack = (plan: Plan, name = "infra"): StackReport => ({ name, status: "planned", plan });

/** What a comment is made of, of these stacks. */
export function reportOf(stacks: readonly StackReport[], more: Partial<Report> = {}): Report {
  return {
    environment: "dev",
    commit: COMMIT,
    stacks,
    sources: SOURCES,
    links: { repository: REPOSITORY, run: `${REPOSITORY}/actions/runs/4711` },
    budget: undefined,
    ...more,
  };
}
