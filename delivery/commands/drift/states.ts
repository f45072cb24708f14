import { GetObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import type { Config } from "../../../config/schema.ts";
import { stateBackend } from "../../../config/state-backend.ts";
import { awsRequest } from "../../core/aws/request.ts";
import { TerraformError } from "../../core/errors.ts";
import { type Node, Sensitive } from "../../core/plan-json/node.ts";
import { addressOf, parseStateFile } from "../../core/terraform/state-file.ts";
import { type Finding, fingerprintOf } from "./finding.ts";
import { type Holding, IDENTIFYING } from "./same-object.ts";

/** Where the states of stacks are. A bucket that the configuration names may be used for other things, too. */
const OF_STACKS = "stacks/";
const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 30_000 };
const IS_STATE = /\.tfstate$/;

/** A state in the bucket that no stack of the code has. */
export interface UnknownState {
  readonly key: string;
  readonly holdings: readonly Holding[];
  /** Why nobody knows what it holds, such as that it is encrypted. */
  readonly unread?: string;
}

/**
 * The states in the backend's bucket that no stack has, and that hold something: a stack was taken out of the code before it was
 * destroyed, or a state was left where another one took over.
 *
 * @param known keys of the stacks' states.
 * @throws AwsRequestError
 */
export async function unknownStates(config: Config, known: ReadonlySet<string>): Promise<UnknownState[]> {
  const { bucket, region } = stateBackend(config);
  const s3 = new S3Client({
    region,
    forcePathStyle: config.provider.s3PathStyle,
    requestHandler: TIMEOUTS,
  });
  const on = `bucket ${bucket}`;
  const input = { Bucket: bucket, ...(config.state.bucket !== null && { Prefix: OF_STACKS }) };
  try {
    const keys: string[] = [];
    await awsRequest("s3:ListBucket", on, async () => {
      for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, input)) {
        keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
      }
    });
    const found: UnknownState[] = [];
    for (const key of keys.filter((one) => IS_STATE.test(one) && !known.has(one)).sort()) {
      const text = await awsRequest("s3:GetObject", `${on}, ${key}`, async () => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return (await Body?.transformToString()) ?? "";
      });
      const state = unknownState(key, text);
      if (state.holdings.length > 0 || state.unread) found.push(state);
    }
    return found;
  } finally {
    s3.destroy();
  }
}

/** One that cannot be read hides none of the others; an empty object is a state that was never written. */
export function unknownState(key: string, text: string): UnknownState {
  if (text.trim() === "") return { key, holdings: [] };
  try {
    return { key, holdings: holdingsOfState(key, text) };
  } catch (error) {
    if (!(error instanceof TerraformError)) throw error;
    return { key, holdings: [], unread: error.message };
  }
}

/**
 * The objects of a state. Of their attributes only those are kept that identify the object.
 *
 * @throws TerraformError
 */
export function holdingsOfState(key: string, text: string): Holding[] {
  const { resources } = parseStateFile(text, key);
  return resources
    .filter(({ mode }) => mode === "managed")
    .flatMap((resource) =>
      resource.instances
        .filter(({ deposed }) => deposed === undefined)
        .map(({ index_key, attributes, sensitive_attributes }): Holding => {
          const index = index_key === undefined ? "" : `[${JSON.stringify(index_key)}]`;
          const secret = new Set(sensitive_attributes.map((path) => nameIn([path].flat()[0])));
          return {
            stack: key,
            address: `${addressOf(resource)}${index}`,
            type: resource.type,
            attributes: identifying(attributes, secret),
          };
        }),
    );
}

/** A step of a path as a state writes it. */
const nameIn = (step: unknown) => z.object({ value: z.string() }).safeParse(step).data?.value;

function identifying(
  attributes: Readonly<Record<string, unknown>>,
  secret: ReadonlySet<unknown>,
): ReadonlyMap<string, Node> {
  return new Map(
    Object.entries(attributes).flatMap(([name, value]): [string, Node][] => {
      if (!IDENTIFYING.has(name) || typeof value !== "string") return [];
      return [[name, secret.has(name) ? new Sensitive(value) : value]];
    }),
  );
}

/** What is said of a state that no stack has. */
export function unknownStateFinding({ key, holdings, unread }: UnknownState): Finding {
  const about = { kind: "unknown-state", stack: key, key: "" } as const;
  if (unread !== undefined) {
    return {
      ...about,
      words: [{ value: key }, " cannot be read, and no stack of the code has this state"],
      lines: unread.split("\n"),
      fingerprint: fingerprintOf(unread),
    };
  }
  const addresses = holdings.map(({ address }) => address).sort();
  const objects = addresses.length === 1 ? "1 object" : `${addresses.length} objects`;
  return {
    ...about,
    words: [{ value: key }, ` holds ${objects}, and no stack of the code has this state`],
    lines: addresses,
    fingerprint: fingerprintOf(addresses),
  };
}
