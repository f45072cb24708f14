import { type ConsumerConfig, loadConfig } from "../../config/load.ts";
import { FolderObjectStore } from "./folder.ts";
import { S3ObjectStore } from "./s3.ts";
import type { ObjectStore } from "./types.ts";

/** The object store that the configuration names. */
export function objectStoreOf(
  { objects, region }: ConsumerConfig,
  credentials?: { accessKeyId: string; secretAccessKey: string },
): ObjectStore {
  const { folder, bucket, endpoint } = objects;
  if (folder !== undefined) return new FolderObjectStore(folder);
  return new S3ObjectStore({ bucket: bucket ?? "", region, endpoint, credentials });
}

/** The objects that a command's options name: a folder, or what the consumer's configuration says. @throws ConfigError */
export function openObjects(options: { readonly config?: string; readonly folder?: string }): ObjectStore {
  if (options.folder !== undefined) return new FolderObjectStore(options.folder);
  return objectStoreOf(loadConfig(options.config));
}
