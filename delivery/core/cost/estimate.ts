import type { Config } from "../../../config/schema.ts";
import { cluster, grafanaWorkspace, nodeGroup, searchDomain } from "./compute.ts";
import type { Inventory, Resource } from "./inventory.ts";
import { workers } from "./kcl.ts";
import type { Context, Line, Pricer } from "./line.ts";
import { type Part, partOf } from "./part.ts";
import { type PriceTable, priceTable } from "./price-table.ts";
import { bucket, imageRepository, key, logGroup, table } from "./storage.ts";
import { firehose, kinesisStream } from "./streaming.ts";
import { chart, service, statefulSet, volumeClaim } from "./volumes.ts";

const PRICERS: Readonly<Record<string, Pricer>> = {
  aws_cloudwatch_log_group: logGroup,
  aws_dynamodb_table: table,
  aws_ecr_repository: imageRepository,
  aws_eks_cluster: cluster,
  aws_eks_node_group: nodeGroup,
  aws_grafana_workspace: grafanaWorkspace,
  aws_kinesis_firehose_delivery_stream: firehose,
  aws_kinesis_stream: kinesisStream,
  aws_kms_key: key,
  aws_opensearch_domain: searchDomain,
  aws_s3_bucket: bucket,
  helm_release: chart,
  kubernetes_deployment: workers,
  kubernetes_deployment_v1: workers,
  kubernetes_persistent_volume_claim: volumeClaim,
  kubernetes_persistent_volume_claim_v1: volumeClaim,
  kubernetes_service: service,
  kubernetes_service_v1: service,
  kubernetes_stateful_set: statefulSet,
  kubernetes_stateful_set_v1: statefulSet,
};

/** Types that AWS takes nothing for by themselves: settings, permissions, and what runs on nodes that are paid for already. */
const FREE = new RegExp(
  `^(${[
    "aws_cloudwatch_log_(resource_policy|stream)",
    "aws_ecr_lifecycle_policy",
    "aws_eks_(access_entry|access_policy_association|addon|pod_identity_association)",
    "aws_grafana_(role_association|workspace_saml_configuration)",
    "aws_iam_.*",
    "aws_kms_alias",
    "aws_launch_template",
    "aws_opensearch_domain_(policy|saml_options)",
    "aws_s3_bucket_(lifecycle_configuration|logging|ownership_controls|policy|public_access_block|server_side_encryption_configuration|versioning)",
    "kubernetes_(config_map|cron_job|daemon_set|job|limit_range|namespace|network_policy|pod_disruption_budget|priority_class|resource_quota|secret|service_account|storage_class)(_v1)?",
    "kubernetes_horizontal_pod_autoscaler(_v\\d)?",
    "kubernetes_(cluster_)?role(_binding)?(_v1)?",
    "terraform_data",
  ].join("|")})$`,
);

/** A line with its price. */
export interface CostLine extends Line {
  readonly stack: string;
  readonly address: string;
  /** What of the budget it belongs to. */
  readonly part: Part;
  /** USD a unit, and the unit; undefined where the price isn't known. */
  readonly usd: number | undefined;
  readonly per: string | undefined;
  /** USD a month; undefined where the price or the quantity isn't known. */
  readonly monthlyUsd: number | undefined;
}

/** What a month of these objects costs, line by line. A type that CALI doesn't know is a line of unknown cost. */
export function estimate(inventory: Inventory, config: Config, date: Date): CostLine[] {
  const prices = priceTable(config.region, config.cost.prices);
  const context: Context = { config, date, all: [...inventory.values()].flat() };
  return [...inventory].flatMap(([stack, resources]) =>
    resources.flatMap((resource) =>
      linesOf(resource, context).flatMap((line) =>
        tiers(line, prices).map((tier) => ({
          stack,
          address: resource.address,
          part: partOf(resource.type, line),
          ...tier,
          ...priced(tier, prices),
        })),
      ),
    ),
  );
}

/** What is above the quantity that a price holds for is a line of its own, whose price nobody knows. */
function tiers(line: Line, prices: PriceTable): Line[] {
  const { price, quantity } = line;
  const { upTo, per } = (price === undefined ? undefined : prices.get(price)) ?? {};
  if (upTo === undefined || quantity === undefined || quantity <= upTo) return [line];
  return [
    { ...line, quantity: upTo },
    { what: `${line.what}, above ${upTo} ${per}`, price: undefined, quantity: quantity - upTo },
  ];
}

function linesOf({ type, values }: Resource, context: Context): Line[] {
  const pricer = Object.hasOwn(PRICERS, type) ? PRICERS[type] : undefined;
  if (pricer) return pricer(values, context);
  return FREE.test(type) ? [] : [{ what: type, price: undefined, quantity: undefined }];
}

function priced({ price, quantity }: Line, prices: PriceTable): Pick<CostLine, "usd" | "per" | "monthlyUsd"> {
  const found = price === undefined ? undefined : prices.get(price);
  const usd = found?.usd ?? undefined;
  const monthlyUsd = usd === undefined || quantity === undefined ? undefined : usd * quantity;
  return { usd, per: found?.per, monthlyUsd };
}

/** A sum of what is known, and of how many lines the cost isn't. */
export interface Total {
  readonly usd: number;
  readonly unknown: number;
}

export function totalOf(lines: readonly CostLine[]): Total {
  return {
    usd: lines.reduce((sum, { monthlyUsd }) => sum + (monthlyUsd ?? 0), 0),
    unknown: lines.filter(({ monthlyUsd }) => monthlyUsd === undefined).length,
  };
}
