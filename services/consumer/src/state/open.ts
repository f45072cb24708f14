import type { ConsumerConfig } from "../config/load.ts";
import { DynamoStateStore } from "./dynamodb.ts";
import { SqliteStateStore } from "./sqlite.ts";
import type { StateStore } from "./types.ts";

/** The state store that the configuration names. @throws what opening it throws */
export async function openStore(
  { state, region }: ConsumerConfig,
  credentials?: { accessKeyId: string; secretAccessKey: string },
): Promise<StateStore> {
  const { file, table, endpoint } = state;
  if (file !== undefined) return new SqliteStateStore(file);
  return DynamoStateStore.open({ table: table ?? "", region, endpoint, credentials });
}
