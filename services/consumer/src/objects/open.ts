import { loadConfig } from "../config.ts";
import { FolderObjectStore } from "./folder.ts";
import { S3ObjectStore } from "./s3.ts";
import type { ObjectStore } from "./types.ts";

/** The objects that a command's options name: a folder, or what the consumer's configuration says. @throws ConfigError */
export function openObjects(options: { readonly config?: string; readonly folder?: string }): ObjectStore {
  if (options.folder !== undefined) return new FolderObjectStore(options.folder);
  const { objects, region } = loadConfig(options.config);
  if (objects.folder !== undefined) return new FolderObjectStore(objects.folder);
  return new S3ObjectStore({ bucket: objects.bucket ?? "", region, endpoint: objects.endpoint });
}
