import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import type { Config } from "../../../config/schema.ts";
import { stateBackend, stateKey } from "../../../config/state-backend.ts";
import { SHARED_STACK } from "../../../stacks/registry.ts";
import { awsRequest } from "../../core/aws/request.ts";
import { AdoptError } from "../../core/errors.ts";
import { SHARED_PARTS } from "../../core/shared-state/own.ts";
import { schemaDifferences } from "../../core/shared-state/schema-versions.ts";
import { type BackendClients, lockTexts, parseLock, readObject } from "../../core/state-backend/lock.ts";
import { parseStateFile, type StateFile } from "../../core/terraform/state-file.ts";
import type { BothLayouts } from "./move.ts";

/**
 * Reads the states of both layouts from an environment's bucket.
 *
 * @throws AdoptError when the bucket has no versioning, somebody works on one of the states, or a newer provider wrote one;
 * TerraformError when one is no state; AwsRequestError.
 */
export async function readLayouts(config: Config): Promise<BothLayouts> {
  const backend = stateBackend(config);
  const { region } = backend;
  const clients = {
    s3: new S3Client({ region, forcePathStyle: config.provider.s3PathStyle }),
    dynamodb: new DynamoDBClient({ region }),
    backend,
  };
  try {
    await refuseUnversioned(clients);
    const keys = [
      [SHARED_STACK, config.state.key ?? ""] as const,
      ...SHARED_PARTS.map((part) => [part, stateKey(part)] as const),
    ];
    const problems: string[] = [];
    const states = new Map<string, StateFile>();
    for (const [stack, key] of keys) {
      problems.push(...(await locksOf(clients, stack, key)));
      const text = (await readObject(clients, key))?.toString("utf8");
      if (text === undefined) continue;
      const state = parseStateFile(text, `s3://${backend.bucket}/${key}`);
      states.set(stack, state);
      problems.push(...newerThan(config.provider.aws ?? "~> 5.0", stack, state));
    }
    if (problems.length > 0) throw new AdoptError(problems.join("\n"));
    return {
      one: states.get(SHARED_STACK),
      parts: new Map(
        SHARED_PARTS.flatMap((part) => {
          const state = states.get(part);
          return state ? [[part, state] as const] : [];
        }),
      ),
    };
  } finally {
    clients.s3.destroy();
    clients.dynamodb.destroy();
  }
}

/** Each step writes states: what one said before must be there to go back to. */
async function refuseUnversioned({ s3, backend: { bucket } }: BackendClients): Promise<void> {
  const { Status } = await awsRequest("s3:GetBucketVersioning", `bucket ${bucket}`, () =>
    s3.send(new GetBucketVersioningCommand({ Bucket: bucket })),
  );
  if (Status === "Enabled") return;
  throw new AdoptError(
    `state.bucket: given ${bucket}, whose versioning is ${Status ?? "off"}; allowed: a bucket that keeps each state's versions, which npx cali bootstrap turns on`,
  );
}

async function locksOf(clients: BackendClients, stack: string, key: string): Promise<string[]> {
  const texts = new Set(await lockTexts(clients, key));
  return [...texts].map((text) => {
    const { Who = "somebody", Created = "an unknown time" } = parseLock(text) ?? {};
    return `${stack}: ${Who} has had its state's lock since ${Created}; allowed: a state that nobody works on`;
  });
}

/** What a newer provider wrote, the one of the move cannot read. */
export function newerThan(provider: string, where: string, { resources }: StateFile): string[] {
  return schemaDifferences(resources, provider)
    .filter(({ inState, ofProvider }) => inState > ofProvider)
    .map(
      ({ type, inState, ofProvider }) =>
        `${where}: a newer provider wrote its ${type} (schema ${inState}); allowed: ${ofProvider}, of the AWS provider ${provider}`,
    );
}
