/**
 * Where each price of the tables stands in AWS's price list. Usage types are those that AWS bills by
 * (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html).
 */
export interface PriceQuery {
  /** The service's code in the price list. */
  readonly service: string;
  /** The usage type without the region's prefix, such as `Storage-ShardHour` of `APN2-Storage-ShardHour`. */
  readonly usageType: string;
  /** Attributes that distinguish products of one usage type. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** How many of AWS's units one unit of the table is; default 1. */
  readonly units?: number;
  /** AWS's name of its unit. */
  readonly unit: RegExp;
}

const HOUR = /^(?:shard|stream)?-?(?:hrs?|hours?)$/i;
const GIB = /^(?:GB|gigabytes?)$/i;
const GIB_MONTH = /^(?:GB|gigabytes?)[- ]?mo(?:nths?)?$/i;
const ANY = /./;
const MILLION = 1_000_000;

const LINUX = { operation: "RunInstances", tenancy: "Shared", capacitystatus: "Used" };

const ofInstances = (types: readonly string[]): Record<string, PriceQuery> =>
  Object.fromEntries(
    types.map((type) => [
      `ec2.${type}`,
      { service: "AmazonEC2", usageType: `BoxUsage:${type}`, attributes: LINUX, unit: HOUR },
    ]),
  );

const ofSearchNodes = (types: readonly string[]): Record<string, PriceQuery> =>
  Object.fromEntries(
    types.map((type) => [
      `opensearch.${type}`,
      { service: "AmazonES", usageType: `ESInstance:${type.replace(/\.search$/, "")}`, unit: HOUR },
    ]),
  );

const of =
  (service: string) =>
  (usageType: string, unit: RegExp, units?: number): PriceQuery => ({
    service,
    usageType,
    unit,
    ...(units && { units }),
  });
const kinesis = of("AmazonKinesis");
const s3 = of("AmazonS3");
const dynamodb = of("AmazonDynamoDB");

/** By the price's id in the tables. */
export const QUERIES: Readonly<Record<string, PriceQuery>> = {
  "eks.cluster": { service: "AmazonEKS", usageType: "AmazonEKS-Hours:perCluster", unit: HOUR },
  "eks.extended-support": { service: "AmazonEKS", usageType: "AmazonEKS-Hours:extendedSupport", unit: HOUR },
  ...ofInstances(["t3.small", "t3.medium", "t4g.medium", "m7g.large"]),
  "ec2.public-ipv4": { service: "AmazonVPC", usageType: "PublicIPv4:InUseAddress", unit: HOUR },
  "ebs.gp3": { service: "AmazonEC2", usageType: "EBS:VolumeUsage.gp3", unit: GIB_MONTH },
  "transfer.internet-out": { service: "AWSDataTransfer", usageType: "DataTransfer-Out-Bytes", unit: GIB },
  "transfer.between-zones": {
    service: "AWSDataTransfer",
    usageType: "DataTransfer-Regional-Bytes",
    unit: GIB,
  },
  "kms.key": { service: "awskms", usageType: "KMS-Keys", unit: ANY },
  "s3.standard": s3("TimedStorage-ByteHrs", GIB_MONTH),
  "s3.standard-ia": s3("TimedStorage-SIA-ByteHrs", GIB_MONTH),
  "s3.onezone-ia": s3("TimedStorage-ZIA-ByteHrs", GIB_MONTH),
  "s3.glacier-ir": s3("TimedStorage-GIR-ByteHrs", GIB_MONTH),
  "s3.glacier": s3("TimedStorage-GlacierByteHrs", GIB_MONTH),
  "s3.put": s3("Requests-Tier1", ANY, 1_000),
  "ecr.storage": { service: "AmazonECR", usageType: "TimedStorage-ByteHrs", unit: GIB_MONTH },
  "logs.ingestion": {
    service: "AmazonCloudWatch",
    usageType: "DataProcessing-Bytes",
    attributes: { operation: "PutLogEvents" },
    unit: GIB,
  },
  "logs.storage": { service: "AmazonCloudWatch", usageType: "TimedStorage-ByteHrs", unit: GIB_MONTH },
  "dynamodb.write": dynamodb("WriteRequestUnits", ANY, MILLION),
  "dynamodb.read": dynamodb("ReadRequestUnits", ANY, MILLION),
  "dynamodb.storage": dynamodb("TimedStorage-ByteHrs", GIB_MONTH),
  "dynamodb.point-in-time-recovery": dynamodb("TimedPITRStorage-ByteHrs", GIB_MONTH),
  "kinesis.shard": kinesis("Storage-ShardHour", HOUR),
  "kinesis.put-payload": kinesis("PutRequestPayloadUnits", ANY, MILLION),
  "kinesis.extended-retention": kinesis("Extended-ShardHour", HOUR),
  "kinesis.long-term-retention": kinesis("LongTermRetention-ByteHrs", GIB_MONTH),
  "kinesis.on-demand-stream": kinesis("OnDemand-StreamHour", HOUR),
  "kinesis.on-demand-in": kinesis("OnDemand-BilledIncomingBytes", GIB),
  "kinesis.on-demand-out": kinesis("OnDemand-BilledOutgoingBytes", GIB),
  "kinesis.on-demand-retention": kinesis("OnDemand-ExtendedRetention-ByteHrs", GIB_MONTH),
  "firehose.ingestion": {
    service: "AmazonKinesisFirehose",
    usageType: "BilledBytes",
    attributes: { group: "Event-by-Event Processing" },
    unit: GIB,
  },
  ...ofSearchNodes(["t3.small.search", "t3.medium.search", "m6g.large.search", "r6g.large.search"]),
  "opensearch.gp3": { service: "AmazonES", usageType: "ES:GP3-Storage", unit: GIB_MONTH },
  "grafana.editor": { service: "AmazonGrafana", usageType: "Grafana:EditorUser", unit: ANY },
};
