import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateDomainCommand, OpenSearchClient } from "@aws-sdk/client-opensearch";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { parse } from "yaml";
import { CONFIG_FOLDER, parseConfig } from "../../config/load.ts";
import { type Json, merged } from "../../config/overrides.ts";
import { run } from "./run.ts";
import { type JsonObject, synthesize } from "./synth.ts";
import type { UserAws } from "./user-aws.ts";

/** A project of hand-written Terraform that a user runs, in its own folder. */
export interface HandWritten {
  readonly project: string;
  readonly environment: string;
  readonly region: string;
  readonly team: readonly string[];
  /** What its values are in the words of a configuration: merged into `terraform-users.yaml`. */
  readonly values: JsonObject;
  /** What no key says: merged into the root's JSON. */
  readonly edits?: JsonObject;
  /** Values of variables of the user's own, as lines of `terraform.tfvars`. */
  readonly more?: string;
  /** Files with what is the user's own, by name. */
  readonly own?: Readonly<Record<string, string>>;
}

export const PASSWORD = "Passw0rd!x";
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };

/**
 * Writes the project, and makes its state's bucket and table, as its users once did by hand. The text stands for theirs: the JSON of the
 * shared layout, where project, environment, region and team come from `terraform.tfvars`.
 */
export async function writeProject(
  folder: string,
  given: HandWritten,
  { url, certificateUrl }: UserAws,
): Promise<void> {
  const { project, environment, region, team, values, edits = {}, more = "", own = {} } = given;
  const template = parse(readFileSync(join(CONFIG_FOLDER, "terraform-users.yaml"), "utf8"));
  const state = {
    bucket: `${project}-terraform-state`,
    region,
    key: "infra/terraform.tfstate",
    lockTable: `${project}-terraform-lock`,
  };
  const cluster = { oidcCertificate: { url: certificateUrl, verifyChain: true } };
  const config = parseConfig(merged(merged(template, values), { state, cluster }), "hand-written");
  const { infra } = synthesize(config).stacks;
  const root = merged(infra as unknown as Json, edits) as JsonObject;
  const aws = { region, credentials, endpoint: url };
  const [s3, dynamodb, opensearch] = [
    new S3Client({ ...aws, forcePathStyle: true }),
    new DynamoDBClient(aws),
    new OpenSearchClient(aws),
  ];
  await s3.send(
    new CreateBucketCommand({
      Bucket: state.bucket,
      ...(region !== "us-east-1" && {
        CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" },
      }),
    }),
  );
  await dynamodb.send(
    new CreateTableCommand({
      TableName: state.lockTable,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
    }),
  );
  // The provider waits ten minutes for a new domain, whatever AWS says; one that is there is imported.
  const { domain_name, engine_version, cluster_config, ebs_options, domain_endpoint_options } =
    domainOf(root);
  const domain = String(domain_name).replace("${var.project_name}", project);
  await opensearch.send(
    new CreateDomainCommand({
      DomainName: domain,
      EngineVersion: String(engine_version),
      ClusterConfig: awsWords(cluster_config),
      EBSOptions: { ...awsWords(ebs_options), EBSEnabled: true },
      EncryptionAtRestOptions: { Enabled: true },
      NodeToNodeEncryptionOptions: { Enabled: true },
      DomainEndpointOptions: { ...awsWords(domain_endpoint_options), EnforceHTTPS: true },
      AdvancedSecurityOptions: { Enabled: true, InternalUserDatabaseEnabled: true },
    }),
  );
  for (const client of [s3, dynamodb, opensearch]) client.destroy();
  // The project locks in DynamoDB alone, as before.
  const backend = {
    ...(((root.terraform as JsonObject).backend as JsonObject).s3 as JsonObject),
    use_lockfile: null,
    use_path_style: true,
  };
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: unknown) =>
    writeFileSync(
      join(folder, name),
      typeof content === "string" ? content : JSON.stringify(content, null, 2),
    );
  write("main.tf.json", merged(root, { "//": null, terraform: { backend: { s3: backend } } }));
  write("import.tf", `import {\n  to = aws_opensearch_domain.logs\n  id = "${domain}"\n}\n`);
  write(
    "terraform.tfvars",
    `project_name = "${project}"
environment  = "${environment}"
aws_region   = "${region}"
team_members_arns = ${JSON.stringify(team)}
opensearch_master_password = "${PASSWORD}"
${more}`,
  );
  for (const [name, text] of Object.entries(own)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    write(name, text);
  }
}

const domainOf = (root: JsonObject) =>
  (root.resource as Record<string, Record<string, JsonObject>>).aws_opensearch_domain?.logs ?? {};

/** `instance_type` → `InstanceType`, nested blocks too. */
function awsWords(value: Json | undefined): Record<string, never> {
  return Object.fromEntries(
    Object.entries((value ?? {}) as JsonObject).map(([key, child]) => [
      key.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase()).replace("Tls", "TLS"),
      typeof child === "object" && child !== null ? awsWords(child) : child,
    ]),
  ) as Record<string, never>;
}

/** Runs Terraform in a folder. */
export async function terraform(folder: string, { env }: UserAws, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run("terraform", args, { cwd: folder, env });
  if (code !== 0) throw new Error(`terraform ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}
