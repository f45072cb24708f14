import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { AwsRequestError, SwitchError } from "../../core/errors.ts";
import { lockId, lockTexts, parseLock, readObject } from "../../core/state-backend/lock.ts";
import { initializedBackend } from "../../core/terraform/initialized.ts";
import { parseStateFile, readStateFile, type StateFile } from "../../core/terraform/state-file.ts";
import type { Backend } from "./derive.ts";

/** A state, and who holds its lock where that is known. */
export interface Source {
  readonly state: StateFile;
  /** undefined: nobody was asked. */
  readonly locks: readonly string[] | undefined;
}

/** The backend that a folder of Terraform was initialized with; what is not known is undefined. */
export function initializedWith(folder: string | undefined): Backend {
  const {
    bucket,
    key,
    region,
    dynamodb_table: lockTable,
    use_path_style: pathStyle,
  } = (folder === undefined ? undefined : initializedBackend(folder)) ?? {};
  // Terraform writes what was not given as an empty text or null.
  return {
    bucket: bucket || undefined,
    key: key || undefined,
    region: region || undefined,
    lockTable: lockTable || undefined,
    pathStyle: pathStyle ?? false,
  };
}

/**
 * Reads a state from a file, or from its bucket, where it takes no lock.
 *
 * @throws SwitchError when neither is given, or the bucket has no such object; TerraformError for what is no state; AwsRequestError.
 */
export async function readSource(file: string | undefined, backend: Backend): Promise<Source> {
  if (file !== undefined) return { state: readStateFile(file), locks: undefined };
  const { bucket, key, region, lockTable = "", pathStyle = false } = backend;
  if (!bucket || !key || !region) {
    const missing = Object.entries({ "--bucket": bucket, "--key": key, "--state-region": region }).flatMap(
      ([flag, value]) => (value ? [] : [flag]),
    );
    throw new SwitchError(
      `${missing.join(", ")}: given nothing; allowed: where the state is, or --state <file>, or --hcl of a folder in which terraform init has run`,
    );
  }
  const aws = { region, requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 } };
  const [s3, dynamodb] = [new S3Client({ ...aws, forcePathStyle: pathStyle }), new DynamoDBClient(aws)];
  const clients = { s3, dynamodb, backend: { bucket, region, lockTable, kmsKeyArn: null } };
  try {
    const where = `s3://${bucket}/${key}`;
    const body = await readObject(clients, key);
    if (body === undefined) throw new SwitchError(`${where}: there is none; allowed: the key of a state`);
    return { state: parseStateFile(body.toString("utf8"), where), locks: await locksOf(clients, key) };
  } finally {
    for (const client of [s3, dynamodb]) client.destroy();
  }
}

async function locksOf(clients: Parameters<typeof lockTexts>[0], key: string): Promise<string[]> {
  try {
    const texts = clients.backend.lockTable
      ? await lockTexts(clients, key)
      : [(await readObject(clients, `${key}.tflock`))?.toString("utf8")].filter((text) => text !== undefined);
    const held = texts.map((text) => {
      const lock = parseLock(text);
      return `held by ${lock ? `${lock.Who} since ${lock.Created}` : "nobody knows whom"}, ID ${lockId(text)}: what is applied now is not in this report, so switch again afterwards`;
    });
    return [...new Set(held)];
  } catch (error) {
    // Reading a state needs no table.
    if (error instanceof AwsRequestError) return [`not known (${error.message.split("\n")[0]})`];
    throw error;
  }
}
