import { supportOf } from "../../../config/kubernetes-versions.ts";
import { isList } from "../plan-json/node.ts";
import { at, blocksAt, numberAt, textAt } from "./inventory.ts";
import { type Context, type Line, type Pricer, times } from "./line.ts";

/** What a managed node group gives each node where nothing says otherwise, in GiB. */
const DEFAULT_DISK_GIB = 20;
/** Both sides pay for what goes from one zone to another. */
const SIDES = 2;

export const cluster: Pricer = (values, context) => {
  const { cost } = context.config;
  const version = textAt(values, "version");
  return [
    { what: "control plane", price: "eks.cluster", quantity: cost.hoursPerMonth },
    ...surcharge(version, textAt(values, "upgrade_policy", "support_type") === "STANDARD", context),
    { what: "data to the internet", price: "transfer.internet-out", quantity: cost.internetOutGiB },
    {
      what: "data between zones, paid on both sides",
      price: "transfer.between-zones",
      quantity: cost.zoneCrossingGiB * SIDES,
    },
  ];
};

function surcharge(version: string | undefined, upgradesInTime: boolean, { config, date }: Context): Line[] {
  const support = supportOf(version, date);
  if (support === "standard" || (upgradesInTime && support !== "unknown")) return [];
  if (support === "extended") {
    return [
      {
        what: `extended support of Kubernetes ${version}`,
        price: "eks.extended-support",
        quantity: config.cost.hoursPerMonth,
      },
    ];
  }
  const why = support === "ended" ? "is no longer supported" : "is not in the list of supported versions";
  return [{ what: `Kubernetes ${version ?? "?"} ${why}`, price: undefined, quantity: undefined }];
}

export const nodeGroup: Pricer = (values, context) => {
  const { config } = context;
  const nodes = numberAt(values, "scaling_config", "desired_size");
  const types = at(values, "instance_types");
  const type = isList(types) && typeof types[0] === "string" ? types[0] : undefined;
  const isOnDemand = (textAt(values, "capacity_type") ?? "ON_DEMAND") === "ON_DEMAND";
  const hours = times(nodes, config.cost.hoursPerMonth);
  return [
    {
      what: `${nodes ?? "?"} nodes ${type ?? "of an unknown type"}${isOnDemand ? "" : " on spot"}`,
      price: isOnDemand && type ? `ec2.${type}` : undefined,
      quantity: hours,
    },
    { what: "their root volumes", price: "ebs.gp3", quantity: times(nodes, diskOf(values, context)) },
    // The default VPC's subnets give every node an address of its own.
    ...(config.network.kind === "default-vpc"
      ? [{ what: "their public IPv4 addresses", price: "ec2.public-ipv4", quantity: hours }]
      : []),
  ];
};

function diskOf(values: Parameters<Pricer>[0], { all }: Context): number {
  const [template] = all.filter(({ type }) => type === "aws_launch_template");
  const usesTemplate = blocksAt(values, "launch_template").length > 0;
  const ofTemplate = usesTemplate
    ? numberAt(template?.values, "block_device_mappings", "ebs", "volume_size")
    : undefined;
  return ofTemplate ?? numberAt(values, "disk_size") ?? DEFAULT_DISK_GIB;
}

export const searchDomain: Pricer = (values, { config }) => {
  const count = numberAt(values, "cluster_config", "instance_count") ?? 1;
  const type = textAt(values, "cluster_config", "instance_type");
  const volumeType = textAt(values, "ebs_options", "volume_type");
  const masters = at(values, "cluster_config", "dedicated_master_enabled") === true;
  return [
    {
      what: `${count} nodes ${type ?? "of an unknown type"}`,
      price: type && `opensearch.${type}`,
      quantity: count * config.cost.hoursPerMonth,
    },
    {
      what: `their ${volumeType ?? "unknown"} volumes`,
      price: volumeType && `opensearch.${volumeType}`,
      quantity: times(count, numberAt(values, "ebs_options", "volume_size")),
    },
    ...(masters ? [{ what: "dedicated masters", price: undefined, quantity: undefined }] : []),
  ];
};

export const grafanaWorkspace: Pricer = (_, { config }) => [
  { what: "active editors", price: "grafana.editor", quantity: config.cost.grafanaEditors },
];
