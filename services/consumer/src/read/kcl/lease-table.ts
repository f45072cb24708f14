import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { messageOf } from "@cali/base";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { StateUnavailableError } from "../../core/errors.ts";

export interface LeaseTableOptions {
  /** KCL's table of leases, named after the application. */
  readonly table: string;
  readonly region: string;
  readonly endpoint?: string;
}

/**
 * Who has a shard's lease, as KCL's table says: its worker's id; undefined: nobody.
 * https://docs.aws.amazon.com/streams/latest/dev/kcl-dynamoDB.html
 */
export function leaseOwners({ table, region, endpoint }: LeaseTableOptions) {
  const client = new DynamoDBClient({
    region,
    ...(endpoint !== undefined && { endpoint }),
    requestHandler: new NodeHttpHandler({ connectionTimeout: 3_000, requestTimeout: 10_000 }),
  });
  return async (shardId: string): Promise<string | undefined> => {
    const Key = { leaseKey: { S: shardId } };
    try {
      const answer = await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
      return answer.Item?.leaseOwner?.S;
    } catch (error) {
      throw new StateUnavailableError(`KCL's table ${table} cannot be read: ${messageOf(error)}`);
    }
  };
}
