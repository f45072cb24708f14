import { didYouMean, knownName, LANGUAGES } from "@cali/settings";
import { z } from "zod";
import { kmsKeyArn, kmsKeysSchema } from "./kms-key.ts";
import { REGIONS } from "./regions.ts";
import {
  airflowSchema,
  clusterSchema,
  grafanaSchema,
  iamSchema,
  networkSchema,
  repositoriesSchema,
} from "./schema-cluster.ts";
import { budgetSchema, costSchema } from "./schema-cost.ts";
import { bucketSchema, domainSchema, firehoseSchema, streamSchema } from "./schema-data.ts";
import { servicesSchema } from "./schema-services.ts";
import { uniqueList } from "./unique.ts";

/**
 * The one validation of `config/*.yaml`. Every key has its unit, default and allowed values here; `schema.json`,
 * which editors use to complete keys, is generated from this file (`npm run config:schema`).
 */

const arn = (pattern: RegExp, example: string) =>
  z.string().regex(pattern, { error: `an ARN such as ${example}` });

/** OpenSearch domain names have at most 28 characters, and ours end with `-logs`. */
export const LONGEST_PREFIX = 28 - "-logs".length;

/** A name that can be part of every AWS name CALI makes (the strictest is OpenSearch's: lower case, digits, dash). */
export const NAME_WORD = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const nameWord = z.string().max(LONGEST_PREFIX).regex(NAME_WORD, {
  error: "lower-case letters, digits and dashes, starting with a letter and not ending with a dash",
});

const region = knownName(REGIONS, "a region of the commercial partition, such as ap-northeast-2");

const stateSchema = z
  .strictObject({
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
        error: "an S3 bucket name: 3 to 63 lower-case letters, digits, dashes and dots",
      })
      .nullable()
      .default(null)
      .describe(
        "Bucket of the Terraform states; null: <project>-<environment>-terraform-state. Bucket names are global.",
      ),
    region: region.nullable().default(null).describe("The bucket's region; null: `region`."),
    key: z
      .string()
      .regex(/^[^/].*[^/]$/, { error: "a key such as infra/terraform.tfstate" })
      .nullable()
      .default(null)
      .describe(
        "The key of the one state of layout `shared`; in `stacks` with `imported`, of the root that the objects came from: it keeps its outputs.",
      ),
    lockTable: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{3,255}$/, { error: "a DynamoDB table name" })
      .nullable()
      .default(null)
      .describe("DynamoDB table of the locks and digests; null: <project>-<environment>-terraform-lock."),
    kmsKeyArn: kmsKeyArn
      .nullable()
      .default(null)
      .describe("Key that encrypts the states; null: the bucket's default encryption (SSE-S3)."),
  })
  .prefault({});

const providerSchema = z
  .strictObject({
    aws: z
      .string()
      .regex(/^(~> )?\d+\.\d+(\.\d+)?$/, {
        error: 'a version such as "6.25.0" or a constraint such as "~> 5.0"',
      })
      .nullable()
      .default(null)
      .describe('Version of the AWS provider; null: 6.25.0, or "~> 5.0" in layout `shared`.'),
    mayRaiseSchemas: z
      .boolean()
      .default(false)
      .describe(
        "Layout `shared`: whether an apply may write what providers older than `provider.aws` can't read. First everybody who works on the state takes the newer provider.",
      ),
    s3PathStyle: z
      .boolean()
      .default(false)
      .describe("Address buckets by path instead of by host name, the one of the states too."),
  })
  .prefault({});

/** What plans and applies: one of the two programs that read the synthesized JSON. */
export const terraformProgram = z.enum(["terraform", "tofu"]);

/** The shape alone; `configSchema` looks for contradictions, too. */
export const shape = z.strictObject({
  project: nameWord.default("cali").describe("First word of every name."),
  environment: z
    .string()
    .max(63)
    .regex(/^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/, {
      error: "letters, digits, dashes, dots and underscores, with a letter or a digit at both ends",
    })
    .describe("dev, staging, prod, …; in layout `shared` it is the tag Environment alone."),
  region: region.describe("AWS region of everything but the states."),
  stateLayout: z
    .enum(["stacks", "shared"])
    .default("stacks")
    .describe("One Terraform state per stack, or one for 01-07."),
  prefix: nameWord
    .nullable()
    .default(null)
    .describe(
      "Layout `stacks` only: what every name begins with; null: <project>-<environment>. `cali adopt` writes the one that the names have.",
    ),
  imported: z
    .boolean()
    .default(false)
    .describe(
      "Whether the objects of 01-07 came into their state by import: what the AWS provider cannot read of them is left alone. `cali adopt` writes it, and it stays.",
    ),
  workloadIdentity: z
    .enum(["pod-identity", "irsa", "both"])
    .default("pod-identity")
    .describe("How pods get their role; `both` is the step between: roles trust either."),
  insteadOf: z
    .string()
    .regex(/^[a-z0-9-]+$/, { error: "the name of a configuration file without .yaml" })
    .nullable()
    .default(null)
    .describe(
      "Another file of this very environment, whose place this one takes: only such two may have one state. `cali switch` writes it.",
    ),
  state: stateSchema,
  fluentBit: z
    .strictObject({
      redact: z
        .boolean()
        .default(false)
        .describe(
          "Whether Fluent Bit takes secrets out of lines before they leave their node, by the rules that docs/security.md names: raw/, dlq/ and cali-logs have none of those then, and no replay brings them back.",
        ),
    })
    .prefault({}),
  terraform: z
    .strictObject({
      program: terraformProgram
        .default("terraform")
        .describe(
          "What plans and applies: `terraform`, or `tofu` (OpenTofu 1.10 or newer), from the PATH. The variable CALI_TERRAFORM_PROGRAM goes before it.",
        ),
    })
    .prefault({}),
  provider: providerSchema,
  tags: z
    .record(z.string().min(1).max(128), z.string().max(256))
    .default({ Project: "CALI", ManagedBy: "Terraform" })
    .describe("Tags of everything; Environment is added."),
  protection: z
    .strictObject({
      preventDestroy: z
        .boolean()
        .default(false)
        .describe(
          "Terraform refuses to destroy stream, bucket, domain, cluster, lease table and repositories.",
        ),
    })
    .prefault({}),
  team: uniqueList(
    arn(/^arn:aws:iam::\d{12}:(user|role)\/[\w+=,.@/'!~:-]+$/, "arn:aws:iam::123456789012:user/name"),
  )
    .default([])
    .describe(
      "IAM users and roles of the team. In layout `shared` this is the default of the variable team_members_arns.",
    ),
  stream: streamSchema,
  consumerTable: z
    .boolean()
    .default(true)
    .describe("Make the consumer's DynamoDB table of leases, checkpoints and alert groups."),
  firehose: firehoseSchema,
  bucket: bucketSchema,
  domain: domainSchema,
  grafana: grafanaSchema,
  network: networkSchema,
  cluster: clusterSchema,
  airflow: airflowSchema,
  iam: iamSchema,
  repositories: repositoriesSchema,
  kmsKeys: kmsKeysSchema,
  language: z
    .enum(LANGUAGES, { error: ({ input }) => `en or ko${didYouMean(input, LANGUAGES)}` })
    .default("en")
    .describe(
      "Language of what people read: the messages that the consumer sends to Slack, and the comment on a pull request. en or ko.",
    ),
  services: servicesSchema,
  cost: costSchema,
  budget: budgetSchema,
});

/** The shape before contradictions are looked for. */
export type Config = z.output<typeof shape>;
