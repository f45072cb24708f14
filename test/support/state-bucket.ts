import { createHash } from "node:crypto";
import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import {
  type GetObjectCommand,
  type ListObjectVersionsCommand,
  NoSuchKey,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { checkStates, type StateChecks } from "../../delivery/commands/doctor/states.ts";
import type { SynthesizedStack } from "../../delivery/core/application/application.ts";
import { PROGRAMS } from "../../delivery/core/terraform/programs.ts";
export const backend = { bucket: "states", region: "eu-west-1", lockTable: "locks", kmsKeyArn: null };
export const NAME = "01-kinesis";
export const KEY = `stacks/${NAME}/terraform.tfstate`;
export const NOW = new Date("2026-01-25T12:00:00Z");
export const STATE = { version: 4, terraform_version: "1.11.4", serial: 7, lineage: "l" };
export const md5 = (text: string) => createHash("md5").update(text).digest("hex");

/** The bucket's objects by key, and the lock table's items by id: attribute and text. */
export const objects = new Map<string, string>();
export const items = new Map<string, readonly [attribute: string, text: string]>();
/** The state's versions, newest first. */
export const versions: string[] = [];
let failure: Error | undefined;
/** Every request to the bucket fails from now on. */
export function fail(error: Error): void {
  failure = error;
}
/** Before each test: a bucket and a table with nothing in them. */
export function empty(): void {
  versions.length = 0;
  objects.clear();
  items.clear();
  failure = undefined;
}

const clients: Pick<StateChecks, "s3" | "dynamodb"> = {
  s3: {
    async send({ input }: GetObjectCommand | ListObjectVersionsCommand) {
      if (failure) throw failure;
      expect(input.Bucket).toBe(backend.bucket);
      if ("Prefix" in input) {
        return {
          Versions: versions.map((_, place) => ({
            Key: KEY,
            VersionId: `v${place}`,
            LastModified: new Date(NOW.getTime() - place * 60_000),
          })),
        };
      }
      const { Key, VersionId } = input as GetObjectCommand["input"];
      const body = VersionId === undefined ? objects.get(Key ?? "") : versions[Number(VersionId.slice(1))];
      const missing = { message: "no such key", $metadata: { httpStatusCode: 404 } };
      if (body === undefined) throw new NoSuchKey(missing);
      return {
        Body: {
          transformToByteArray: async () => new TextEncoder().encode(body),
          transformToString: async () => body,
        },
      };
    },
  } as unknown as S3Client,
  dynamodb: {
    async send(command: unknown) {
      expect(command).toBeInstanceOf(GetItemCommand);
      const { input } = command as GetItemCommand;
      expect(input).toMatchObject({ TableName: backend.lockTable, ConsistentRead: true });
      const found = items.get(input.Key?.LockID?.S ?? "");
      return found ? { Item: { [found[0]]: { S: found[1] } } } : {};
    },
  } as unknown as DynamoDBClient,
};

export const stack = (over: Partial<SynthesizedStack> = {}): SynthesizedStack => ({
  name: NAME,
  folder: import.meta.dirname,
  dependencies: [],
  sensitiveVariables: [],
  requiredVariables: [],
  outputs: [],
  providers: [],
  stateKey: KEY,
  ...over,
});
export const checked = (over: Partial<StateChecks> = {}, stacks = [stack()]) =>
  checkStates(stacks, {
    ...clients,
    backend,
    program: PROGRAMS.terraform,
    installed: "1.11.4",
    sight: { now: NOW, host: "here", processes: [] },
    file: "dev",
    environment: {},
    mayRaiseSchemas: false,
    ...over,
  });
export const stateOf = async (over?: Partial<StateChecks>) =>
  (await checked(over)).filter(({ check }) => check === `state of ${NAME}`);
export const lockOf = async () => (await checked()).filter(({ check }) => check === `lock of ${NAME}`);

/** The state's text and the digest that Terraform keeps of it. */
export function applied(state: object = STATE, digest?: string): string {
  const text = JSON.stringify(state);
  objects.set(KEY, text);
  items.set(`${backend.bucket}/${KEY}-md5`, ["Digest", digest ?? md5(text)]);
  return text;
}
