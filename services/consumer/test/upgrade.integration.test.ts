import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, it, onTestFinished } from "vitest";
import { DynamoStateStore } from "../src/state/dynamodb.ts";
import { CREDENTIALS as credentials, REGION as region, startMoto } from "./support/moto.ts";
import { Rig } from "./support/rig.ts";
import { makeStateTable } from "./support/state-table.ts";
import { fixture, goOn, STATES, troublesIn } from "./support/upgrade.ts";

it.each(STATES)(
  "goes on with DynamoDB's %s: known errors stay known, counts go on, what waited is sent",
  async (name) => {
    const { endpoint, stop } = await startMoto();
    onTestFinished(stop);
    const client = new DynamoDBClient({ endpoint, region, credentials });
    const table = await makeStateTable({ endpoint, region, credentials });
    for (const line of fixture(name, "items.jsonl").trimEnd().split("\n")) {
      await client.send(new PutItemCommand({ TableName: table, Item: JSON.parse(line) }));
    }
    const rig = await Rig.create(2);
    const state = { file: undefined, table, endpoint, leaseDurationMs: 1_000 };
    await goOn(rig, name, "items.jsonl", { state });
    const store = await DynamoStateStore.open({ table, region, endpoint, credentials });
    onTestFinished(() => store.close());
    let count = 0;
    for (const { checkpoint } of await store.shards()) {
      for (const one of await store.loadContributions(checkpoint.shardId)) count += one.count;
    }
    expect(count).toBe(troublesIn(name));
  },
);
