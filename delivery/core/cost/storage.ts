import { BUCKET_PREFIXES } from "../../../config/names.ts";
import type { Node } from "../plan-json/node.ts";
import { at, blocksAt, numberAt, textAt } from "./inventory.ts";
import { type Context, GIB, KIB, type Line, monthSeconds, type Pricer, roundedGiB } from "./line.ts";

const DAYS_A_YEAR = 365;
const HOURS_A_DAY = 24;
/** Lifecycle rules leave smaller objects where they are. https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html */
const SMALLEST_MOVED = 128 * KIB;
const SECONDS_A_MINUTE = 60;
/** Logs are kept compressed. https://aws.amazon.com/cloudwatch/pricing/ */
const LOG_COMPRESSION = 0.15;
const DAYS_A_MONTH = 30;

interface Period {
  readonly days: number;
  readonly storageClass: string;
}

/** A bucket of raw logs, as it is when a year has passed. */
export const bucket: Pricer = (_, context) => {
  const { config } = context;
  const monthly = roundedGiB(context, 1) * config.cost.compression;
  const daily = monthly / (config.cost.hoursPerMonth / HOURS_A_DAY);
  const { intervalSeconds, sizeMiB } = config.firehose.toS3;
  const delivered = Math.min(
    sizeMiB * KIB * KIB,
    config.cost.recordsPerSecond * config.cost.recordBytes * Math.max(intervalSeconds, 1),
  );
  const objectBytes = delivered * config.cost.compression;
  const objects = objectBytes === 0 ? 0 : (monthly * GIB) / objectBytes;
  const periods = periodsOf(rawLogRule(context), objectBytes < SMALLEST_MOVED);
  return [
    ...periods.map(
      ({ days, storageClass }): Line => ({
        what: `raw logs of ${days} days in ${storageClass}`,
        price: `s3.${storageClass.toLowerCase().replaceAll("_", "-")}`,
        quantity: daily * days,
      }),
    ),
    { what: "objects that Firehose writes", price: "s3.put", quantity: objects / 1000 },
  ];
};

function rawLogRule({ all }: Context): Node | undefined {
  return all
    .filter(({ type }) => type === "aws_s3_bucket_lifecycle_configuration")
    .flatMap(({ values }) => blocksAt(values, "rule"))
    .find((rule) => (textAt(rule, "filter", "prefix") ?? textAt(rule, "prefix")) === BUCKET_PREFIXES.raw);
}

/** How long an object stays in which class, within a year. */
function periodsOf(rule: Node | undefined, staysStandard: boolean): Period[] {
  const end = Math.min(numberAt(rule, "expiration", "days") ?? DAYS_A_YEAR, DAYS_A_YEAR);
  const transitions = staysStandard ? [] : blocksAt(rule, "transition");
  const starts = [
    { from: 0, storageClass: "STANDARD" },
    ...transitions
      .map((transition) => ({
        from: numberAt(transition, "days") ?? 0,
        storageClass: textAt(transition, "storage_class") ?? "unknown",
      }))
      .sort((a, b) => a.from - b.from),
  ];
  return starts
    .map(({ from, storageClass }, place) => ({
      days: Math.min(starts[place + 1]?.from ?? end, end) - from,
      storageClass,
    }))
    .filter(({ days }) => days > 0);
}

export const imageRepository: Pricer = (_, { config }) => [
  { what: "images", price: "ecr.storage", quantity: config.cost.imageGiB },
];

export const key: Pricer = () => [{ what: "key", price: "kms.key", quantity: 1 }];

export const logGroup: Pricer = (values, { config }) => {
  const isCluster = textAt(values, "name")?.startsWith("/aws/eks/") ?? false;
  const ingested = isCluster ? config.cost.clusterLogGiB : config.cost.deliveryLogGiB;
  const days = numberAt(values, "retention_in_days") || DAYS_A_YEAR;
  return [
    {
      what: `logs of ${isCluster ? "the control plane" : "deliveries"}`,
      price: "logs.ingestion",
      quantity: ingested,
    },
    {
      what: `kept for ${days} days`,
      price: "logs.storage",
      quantity: (ingested * LOG_COMPRESSION * days) / DAYS_A_MONTH,
    },
  ];
};

/** A read or write of up to 4 or 1 KB is a unit. */
export const table: Pricer = (values, context) => {
  if (textAt(values, "billing_mode") !== "PAY_PER_REQUEST") {
    return [{ what: "provisioned capacity", price: undefined, quantity: undefined }];
  }
  const { cost } = context.config;
  const minutes = monthSeconds(context) / SECONDS_A_MINUTE;
  const isRecoverable = at(values, "point_in_time_recovery", "enabled") === true;
  return [
    { what: "writes", price: "dynamodb.write", quantity: (cost.tableWritesPerMinute * minutes) / 1e6 },
    { what: "reads", price: "dynamodb.read", quantity: (cost.tableReadsPerMinute * minutes) / 1e6 },
    { what: "data", price: "dynamodb.storage", quantity: cost.tableGiB },
    ...(isRecoverable
      ? [
          {
            what: "point-in-time recovery",
            price: "dynamodb.point-in-time-recovery",
            quantity: cost.tableGiB,
          },
        ]
      : []),
  ];
};
