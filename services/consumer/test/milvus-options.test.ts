import { describe, expect, it } from "vitest";
import { VectorStoreError } from "../src/cause/errors.ts";
import { type MilvusOptions, requireOptions } from "../src/cause/vectors/milvus-options.ts";

const PASSWORD = "hunter2-and-more";
const OPTIONS: MilvusOptions = { address: "milvus.example:19530", timeoutMs: 20_000 };

function refusal(options: Partial<MilvusOptions>): string {
  try {
    requireOptions({ ...OPTIONS, ...options });
  } catch (error) {
    if (error instanceof VectorStoreError) return error.message;
    throw error;
  }
  throw new Error("it took them");
}

describe("the options of Milvus", () => {
  it.each([
    ["milvus:19530"],
    ["10.0.0.1:19530"],
    ["[::1]:19530"],
    ["http://milvus.milvus.svc.cluster.local:19530"],
    ["https://in03.example.com"],
    ["https://in03.example.com:443/"],
  ])("takes the address %s", (address) => {
    expect(requireOptions({ ...OPTIONS, address })).toEqual({ ...OPTIONS, address });
  });

  it.each([
    [""],
    ["milvus"],
    ["http://milvus"],
    ["milvus:port"],
    ["ftp://milvus:19530"],
    ["milvus:19530/database"],
    [`https://root:${PASSWORD}@milvus:19530`],
    ["mil vus:19530"],
    ["milvus:19530?a=b"],
  ])("refuses the address %j", (address) => {
    const message = refusal({ address });
    expect(message).toMatch(
      /Milvus: address: allowed host:port, http:\/\/host:port or https:\/\/host\[:port\]/,
    );
    expect(message).not.toContain(PASSWORD);
  });

  it.each<[Partial<MilvusOptions>, RegExp]>([
    [{ username: "root" }, /allowed username and password together/],
    [{ username: "root", password: PASSWORD, token: "t" }, /allowed a token, or a username and password/],
    [{ timeoutMs: 0 }, /timeoutMs: given 0, .*>=1/],
    [{ database: "a b" }, /database: given "a b"/],
    [{ tls: { privateKeyPath: "key.pem" } }, /tls: allowed certChainPath and privateKeyPath together/],
  ])("refuses %j", (options, message) => {
    const said = refusal(options);
    expect(said).toMatch(message);
    expect(said).not.toContain(PASSWORD);
  });
});
