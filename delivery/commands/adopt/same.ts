import type { Config } from "../../../config/schema.ts";
import { AdoptError } from "../../core/errors.ts";
import { compareWithShared } from "../../core/shared-state/compare.ts";
import type { BothLayouts } from "./move.ts";

/**
 * Stacks have no variables: what `terraform.tfvars` said besides the configuration has to stand in the configuration.
 *
 * @param file what the error calls the configuration.
 * @throws AdoptError when the objects are of another project, environment, region or team.
 */
export function refuseOther(config: Config, { one, parts }: BothLayouts, file: string): void {
  const resources = [...(one?.resources ?? []), ...[...parts.values()].flatMap((part) => part.resources)];
  const resource = {
    aws_eks_access_entry: { team_members: { for_each: "${toset(var.team_members_arns)}" } },
    aws_eks_cluster: { main: { name: "${var.project_name}-cluster" } },
    aws_kinesis_stream: { logs: { name: "${var.project_name}-logs-stream" } },
  };
  const { stops, others } = compareWithShared(
    { provider: {}, resource },
    {
      project_name: config.project,
      environment: config.environment,
      aws_region: config.region,
      team_members_arns: config.team,
    },
    resources,
  );
  const problems = [...stops, ...others.filter((line) => line.includes("(team)"))];
  if (problems.length === 0) return;
  throw new AdoptError(`${file} is not of this state:\n${problems.map((line) => `  ${line}`).join("\n")}`);
}
