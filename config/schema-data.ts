import { z } from "zod";
import { instanceType } from "./instance-type.ts";
import { DOMAIN_LOGS } from "./names.ts";
import { subnetId } from "./subnet-id.ts";
import { uniqueList } from "./unique.ts";

/** The data's way: stream, Firehose, bucket, OpenSearch domain. A part of `schema.ts`. */

const days = (min: number, max: number) => z.int().min(min).max(max);

/** Retentions that CloudWatch has, of up to a year. */
const logRetentionDays = z.union([
  z.literal(1),
  z.literal(3),
  z.literal(7),
  z.literal(14),
  z.literal(30),
  z.literal(60),
  z.literal(90),
  z.literal(180),
  z.literal(365),
]);

const lifecycleRule = z
  .strictObject({
    id: z.string().min(1).max(255).describe("The rule's name, unique in the bucket."),
    prefix: z.string().max(1024).describe('Keys the rule is for, such as "raw/"; "" is the whole bucket.'),
    transitions: z
      .array(
        z.strictObject({
          days: days(0, 3650).describe("Age in days. STANDARD_IA and ONEZONE_IA need 30."),
          storageClass: z
            .enum([
              "STANDARD_IA",
              "ONEZONE_IA",
              "INTELLIGENT_TIERING",
              "GLACIER_IR",
              "GLACIER",
              "DEEP_ARCHIVE",
            ])
            .describe("S3 storage class."),
        }),
      )
      .default([])
      .describe("Where objects move as they age, youngest first."),
    expireAfterDays: days(1, 3650)
      .nullable()
      .default(null)
      .describe("Age in days at which objects are deleted; null keeps them."),
    expireOldVersionsAfterDays: days(1, 3650)
      .nullable()
      .default(null)
      .describe("Days after which a version that was overwritten or deleted goes; null keeps it."),
    abortUploadsAfterDays: days(1, 365)
      .nullable()
      .default(null)
      .describe(
        "Days after which the parts of an unfinished upload go; null keeps them, and they are paid for.",
      ),
  })
  .describe("One lifecycle rule of the bucket.");

const buffering = (maxMiB: number) =>
  z
    .strictObject({
      intervalSeconds: z
        .int()
        .min(0)
        .max(900)
        .default(60)
        .describe("Longest wait before a delivery, in seconds."),
      sizeMiB: z.int().min(1).max(maxMiB).default(5).describe("Size that triggers a delivery, in MiB."),
    })
    .prefault({});

export const streamSchema = z
  .strictObject({
    mode: z
      .enum(["provisioned", "on-demand"])
      .default("provisioned")
      .describe("Capacity: a number of shards, or what AWS scales by itself."),
    shards: z
      .int()
      .min(1)
      .max(500)
      .nullable()
      .default(1)
      .describe("Mode `provisioned` only. One shard takes 1 MiB/s or 1,000 records/s."),
    retentionHours: z
      .int()
      .min(24)
      .max(8760)
      .default(24)
      .describe("How long records stay readable, in hours."),
    encryption: z
      .enum(["kms", "none"])
      .default("kms")
      .describe("`kms` uses the AWS managed key alias/aws/kinesis."),
  })
  .prefault({});

export const firehoseSchema = z
  .strictObject({
    toS3: buffering(128),
    toOpenSearch: buffering(100),
    retrySeconds: z
      .int()
      .min(0)
      .max(7200)
      .default(300)
      .describe("How long a document that OpenSearch refuses is retried."),
    logRetentionDays: logRetentionDays
      .nullable()
      .default(14)
      .describe(
        "Retention of the delivery streams' error logs; null: the log groups are not made here (delivery errors are then lost).",
      ),
    rolePolicies: z
      .enum(["exact", "wildcard"])
      .default("exact")
      .describe(
        "`exact`: this stream, bucket, domain and its log groups. `wildcard`: every stream and domain whose name starts with the project.",
      ),
  })
  .prefault({});

export const bucketSchema = z.strictObject({
  forceDestroy: z
    .boolean()
    .default(false)
    .describe("Whether Terraform may delete the bucket with objects in it."),
  tlsOnly: z.boolean().default(true).describe("Refuse requests without TLS by a bucket policy."),
  accessLog: z
    .strictObject({
      bucket: z
        .string()
        .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
          error: "an S3 bucket name: 3 to 63 lower-case letters, digits, dashes and dots",
        })
        .describe(
          "Another bucket, in the same region and account, whose policy lets logging.s3.amazonaws.com write.",
        ),
      prefix: z.string().max(512).default("cali/").describe("What the log objects' keys begin with."),
    })
    .nullable()
    .default(null)
    .describe("Where S3 writes who asked for what in the bucket, some hours later; null: nowhere."),
  lifecycle: z.array(lifecycleRule).min(1).describe("Rules, in order."),
});

export const domainSchema = z
  .strictObject({
    version: z
      .string()
      .regex(/^OpenSearch_\d+\.\d+$/, { error: "a version such as OpenSearch_2.19" })
      .default("OpenSearch_2.19")
      .describe("Engine version. Firehose delivers to OpenSearch 1.x and 2.x."),
    instanceType: instanceType("t3.small.search", ".search")
      .default("t3.small.search")
      .describe("Type of each node."),
    instanceCount: z
      .int()
      .min(1)
      .max(80)
      .default(1)
      .describe("Nodes; more than one are spread over availability zones."),
    volumeGiB: z.int().min(10).max(3584).default(20).describe("gp3 volume of each node, in GiB."),
    tlsPolicy: z
      .enum(["Policy-Min-TLS-1-2-2019-07", "Policy-Min-TLS-1-2-PFS-2023-10"])
      .default("Policy-Min-TLS-1-2-PFS-2023-10")
      .describe("Oldest TLS that clients may use."),
    masterUser: z
      .discriminatedUnion("kind", [
        z.strictObject({
          kind: z.literal("iam").describe("A role of its own, made in 06-iam: no password anywhere."),
        }),
        z.strictObject({
          kind: z
            .literal("internal")
            .describe(
              "A user in the domain, whose password is the Terraform variable opensearch_master_password.",
            ),
          name: z.string().min(1).max(16).default("admin").describe("The user's name."),
        }),
      ])
      .prefault({ kind: "iam" })
      .describe(
        "Who administers the domain. An internal user sends unsigned requests, which the access policy lets in with anyPrincipal only.",
      ),
    logs: z
      .strictObject({
        types: uniqueList(z.enum(DOMAIN_LOGS))
          .nullable()
          .default(null)
          .describe(
            "`errors`: errors and warnings of the nodes; `audit`: who logged in and who was refused, which `cali opensearch` switches on in the domain; `slowSearches`, `slowIndexing`: what took longer than an index's own thresholds. null: errors and audit, or none in layout `shared` and where its objects were imported.",
          ),
        retentionDays: logRetentionDays.default(14).describe("Days that CloudWatch keeps them."),
      })
      .prefault({})
      .describe("The domain's own logs that go to CloudWatch."),
    vpc: z
      .strictObject({
        subnetIds: uniqueList(subnetId)
          .min(1)
          .max(3)
          .describe("One for each availability zone that the nodes stand in: 1, 2 or 3."),
        securityGroupIds: uniqueList(
          z.string().regex(/^sg-[0-9a-f]{8,17}$/, { error: "a security group such as sg-0123456789abcdef0" }),
        )
          .min(1)
          .max(5)
          .describe(
            "Of the domain and of Firehose's interfaces: they let in port 443 from themselves, from the nodes and from the pipeline's runners.",
          ),
      })
      .nullable()
      .default(null)
      .describe(
        "Puts the domain into a VPC, so that nothing outside of it reaches it. A domain that exists is replaced, with the loss of its indices; null: it answers on the internet whom its policy lets in.",
      ),
    retention: z
      .strictObject({
        logsDays: z
          .int()
          .min(1)
          .max(3650)
          .default(30)
          .describe("Days after which a day's index of logs is deleted; the bucket keeps them longer."),
        incidentsDays: z
          .int()
          .min(1)
          .max(3650)
          .default(365)
          .describe("Days for which incidents are kept at least."),
      })
      .prefault({})
      .describe("How long OpenSearch keeps what it has. `cali opensearch` sets it."),
    access: z
      .strictObject({
        actions: uniqueList(z.string().regex(/^es:[A-Za-z*]+$/, { error: "an action such as es:ESHttpGet" }))
          .min(1)
          .default([
            "es:ESHttpDelete",
            "es:ESHttpGet",
            "es:ESHttpHead",
            "es:ESHttpPatch",
            "es:ESHttpPost",
            "es:ESHttpPut",
          ])
          .describe("What Firehose, the team and the workloads may do by the access policy."),
        anyPrincipal: z
          .boolean()
          .default(false)
          .describe("Adds a statement that lets every AWS principal in. Unsafe."),
      })
      .prefault({}),
  })
  .prefault({});
