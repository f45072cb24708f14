import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { ObjectStoreError } from "./errors.ts";
import { type ObjectInfo, type ObjectStore, type PutOptions, requireKey } from "./types.ts";

export interface S3ObjectStoreOptions {
  readonly bucket: string;
  readonly region: string;
  /** Another address than AWS's; buckets are then named in the path. */
  readonly endpoint?: string;
  /** Default: AWS's usual sources. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Longest silence of S3 in one attempt, ms; there are five. Default: 30,000. */
  readonly timeoutMs?: number;
}

/** Objects in an S3 bucket. The bucket's defaults encrypt them; the SDK retries and adds checksums. */
export class S3ObjectStore implements ObjectStore {
  readonly #bucket: string;
  readonly #client: S3Client;

  constructor({ bucket, region, endpoint, credentials, timeoutMs = 30_000 }: S3ObjectStoreOptions) {
    this.#bucket = bucket;
    this.#client = new S3Client({
      region,
      maxAttempts: 5,
      // Without these a connection that fell silent would hold its shard up for good.
      requestHandler: new NodeHttpHandler({
        connectionTimeout: 5_000,
        requestTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        throwOnRequestTimeout: true,
      }),
      ...(endpoint && { endpoint, forcePathStyle: true }),
      ...(credentials && { credentials }),
    });
  }

  async put(
    key: string,
    body: Uint8Array,
    { contentType = "application/json", contentEncoding }: PutOptions = {},
  ): Promise<void> {
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: requireKey(key),
      Body: body,
      ContentType: contentType,
      ContentEncoding: contentEncoding,
    });
    await this.#named(key, () => this.#client.send(command));
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: requireKey(key) });
    return this.#named(key, async () => {
      try {
        const { Body } = await this.#client.send(command);
        return await Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    });
  }

  async *read(key: string): AsyncIterable<Uint8Array> {
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: requireKey(key) });
    try {
      const { Body } = await this.#client.send(command);
      if (Body) yield* Body as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw this.#meaningOf(key, error);
    }
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    const pages = paginateListObjectsV2({ client: this.#client }, { Bucket: this.#bucket, Prefix: prefix });
    try {
      for await (const { Contents } of pages) {
        for (const { Key, Size, LastModified } of Contents ?? []) {
          if (Key !== undefined) yield { key: Key, size: Size ?? 0, modified: LastModified ?? new Date(0) };
        }
      }
    } catch (error) {
      throw this.#meaningOf(prefix, error);
    }
  }

  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key: requireKey(key) });
    await this.#named(key, () => this.#client.send(command));
  }

  async #named<T>(key: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw this.#meaningOf(key, error);
    }
  }

  #meaningOf(key: string, error: unknown): ObjectStoreError {
    if (error instanceof ObjectStoreError) return error;
    const name = nameOf(error);
    const text = `object s3://${this.#bucket}/${key}: ${name}`;
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 403 || name === "CredentialsProviderError")
      return new ObjectStoreError("denied", text, { cause: error });
    if (status === 404) return new ObjectStoreError("missing", text, { cause: error });
    return new ObjectStoreError("unavailable", text, { cause: error });
  }
}

/** S3's name of what went wrong, or the system's code of a network error. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return error instanceof S3ServiceException || typeof code !== "string" ? error.name : code;
}
