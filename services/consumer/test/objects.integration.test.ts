import { randomUUID } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { S3ObjectStore } from "../src/state/objects/s3.ts";
import { CREDENTIALS as credentials, REGION as region, startMoto } from "./support/moto.ts";
import { all, bytes, objectStoreContract } from "./support/object-store-contract.ts";

let endpoint = "";
let stopMoto: () => Promise<void> = async () => undefined;
beforeAll(async () => {
  const moto = await startMoto();
  endpoint = moto.endpoint;
  stopMoto = moto.stop;
});
afterAll(() => stopMoto());

const open = (bucket: string) => new S3ObjectStore({ bucket, region, endpoint, credentials });

async function openFresh(): Promise<S3ObjectStore> {
  const bucket = `objects-${randomUUID()}`;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return open(bucket);
}

describe("S3ObjectStore", () => {
  objectStoreContract(openFresh, { runs: 10 });

  it("lists over the 1,000 keys of one page", async () => {
    const store = await openFresh();
    const keys = Array.from({ length: 1_050 }, (_, i) => `raw/${String(i).padStart(5, "0")}`);
    for (let from = 0; from < keys.length; from += 50) {
      await Promise.all(keys.slice(from, from + 50).map((key) => store.put(key, bytes("x"))));
    }
    expect((await all(store.list("raw/"))).map(({ key }) => key)).toEqual(keys);
  });

  it("says that there is no such bucket", async () => {
    await expect(open("no-such-bucket").put("a", bytes("x"))).rejects.toMatchObject({
      kind: "missing",
      message: "object s3://no-such-bucket/a: NoSuchBucket",
    });
  });
});
