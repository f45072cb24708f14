import { GetObjectCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { parseJson } from "@cali/base";
import type { z } from "zod";
import { awsRequest } from "../../core/aws/request.ts";
import type { BackendClients } from "../../core/state-backend/lock.ts";
import type { Finding } from "./finding.ts";

/** Versions of a state that are looked at, newest first. */
const MOST_VERSIONS = 20;

/** How a state that is gone or damaged comes back: its newest version that is one is copied over it. */
export async function restored(
  clients: BackendClients,
  Key: string,
  state: z.ZodType,
): Promise<Pick<Finding, "remedy" | "command">> {
  const { s3, backend } = clients;
  const { bucket: Bucket, region } = backend;
  const kept = await versionsOf(clients, Key);
  for (const { VersionId, LastModified } of kept) {
    const { Body } = await awsRequest("s3:GetObjectVersion", `s3://${Bucket}/${Key}`, () =>
      s3.send(new GetObjectCommand({ Bucket, Key, VersionId })),
    );
    if (!state.safeParse(parseJson((await Body?.transformToString()) ?? "")).success) continue;
    return {
      remedy: `its last version that is a state is of ${LastModified?.toISOString()}; to restore it`,
      command: `aws s3api copy-object --region ${region} --bucket ${Bucket} --key ${Key} --copy-source '${Bucket}/${Key}?versionId=${VersionId}'`,
    };
  }
  return {
    remedy: `none of its last ${kept.length} versions is a state: look for a copy of it, or, when nothing of the stack was made, delete object and digest`,
  };
}

async function versionsOf({ s3, backend }: BackendClients, Prefix: string) {
  const { Versions = [] } = await awsRequest("s3:ListBucketVersions", `s3://${backend.bucket}`, () =>
    s3.send(new ListObjectVersionsCommand({ Bucket: backend.bucket, Prefix })),
  );
  // S3 lists by key, and each key's newest first: the state's own is the shortest.
  return Versions.filter(({ Key }) => Key === Prefix).slice(0, MOST_VERSIONS);
}
