import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@cali/settings";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../config/load.ts";
import { copyOverrideFiles, type Json, loadOverrides, merged, overridden } from "../config/overrides.ts";
import { synthesize } from "./support/synth.ts";

describe("merging", () => {
  it.each<[string, Json, Json, Json]>([
    ["mappings merge", { a: 1, b: { c: 2 } }, { b: { d: 3 } }, { a: 1, b: { c: 2, d: 3 } }],
    ["null removes", { a: 1, b: 2 }, { b: null }, { a: 1 }],
    ["lists replace", { a: [1, 2] }, { a: [3] }, { a: [3] }],
    [
      "a mapping merges into a list of one block",
      { a: [{ b: 1, c: 2 }] },
      { a: { c: 3 } },
      { a: [{ b: 1, c: 3 }] },
    ],
    ["and replaces a list of several", { a: [{ b: 1 }, { b: 2 }] }, { a: { c: 3 } }, { a: { c: 3 } }],
  ])("%s", (_, target, patch, result) => {
    expect(merged(target, patch)).toEqual(result);
  });

  it("twice is the same as once, and nothing changes nothing", () => {
    const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), fc.dictionary(fc.string(), json), (target, patch) => {
        expect(merged(target, {})).toEqual(target);
        const once = merged(target, patch);
        expect(merged(once, patch)).toEqual(once);
      }),
    );
  });
});

describe("a provider's blocks", () => {
  const stack = { provider: { aws: [{ region: "a", x: 1 }] } };
  it("are matched by their alias, and one of a new alias is added", () => {
    const far = { alias: "far", region: "b" };
    expect(overridden(stack, { provider: { aws: [{ x: 2 }, far], helm: {} } })).toEqual({
      provider: { aws: [{ region: "a", x: 2 }, far], helm: [{}] },
    });
    expect(overridden(stack, { provider: { aws: { x: null } } })).toEqual({
      provider: { aws: [{ region: "a" }] },
    });
    expect(overridden(stack, { provider: { aws: null } })).toEqual({ provider: {} });
  });
});

describe("an environment's overrides", () => {
  let folder: string;
  const write = (name: string, text: string) => {
    mkdirSync(join(folder, "x.overrides"), { recursive: true });
    writeFileSync(join(folder, "x.overrides", name), text);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-overrides-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are none without a folder", () => {
    expect(loadOverrides("other", folder)).toEqual({});
  });

  it("reach the synthesized JSON of their stack alone", () => {
    write(
      "02-s3.json",
      '{ "resource": { "aws_s3_bucket_versioning": { "logs": { "expected_bucket_owner": "1" } } } }',
    );
    const overrides = loadOverrides("x", folder);
    const { stacks } = synthesize(loadConfig({ env: "dev" }), overrides);
    const plain = synthesize(loadConfig({ env: "dev" })).stacks;
    const { logs } = stacks["02-s3"]?.resource?.aws_s3_bucket_versioning ?? {};
    expect(logs).toMatchObject({
      expected_bucket_owner: "1",
      versioning_configuration: { status: "Enabled" },
    });
    expect({ ...stacks, "02-s3": undefined }).toEqual({ ...plain, "02-s3": undefined });
  });

  it("bring modules and files along, and a change of one is a change of the stack", () => {
    write("02-s3.json", "{}");
    const beside = join(folder, "x.overrides/02-s3/modules/a");
    mkdirSync(beside, { recursive: true });
    writeFileSync(join(beside, "main.tf"), "one");
    const first = loadOverrides("x", folder);
    expect(first["02-s3"]).toEqual({
      "//": { files: { "modules/a/main.tf": expect.stringMatching(/^[0-9a-f]{64}$/) } },
    });
    writeFileSync(join(beside, "main.tf"), "two");
    expect(loadOverrides("x", folder)).not.toEqual(first);

    const outdir = join(folder, "out");
    const target = join(outdir, "stacks/02-s3/modules/a");
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, "old.tf"), "left by an earlier synth");
    copyOverrideFiles("x", folder, outdir);
    expect(readdirSync(target)).toEqual(["main.tf"]);

    writeFileSync(join(folder, "x.overrides/02-s3/more.tf"), "");
    expect(() => loadOverrides("x", folder)).toThrow("given a file that Terraform reads by itself");
    rmSync(join(folder, "x.overrides/02-s3"), { recursive: true });
  });

  it.each([
    ["no JSON", "{", "(whole file): given no JSON; allowed: an object in Terraform's JSON syntax"],
    [
      "a block that Terraform doesn't know",
      '{ "resources": {} }',
      "resources: given an unknown key; allowed: data, import",
    ],
    ["another kind of value", '{ "resource": 3 }', "resource: given 3; allowed: a section"],
  ])("refuse %s with file and key", (_, text, message) => {
    write("02-s3.json", text);
    expect(() => loadOverrides("x", folder)).toThrow(ConfigError);
    expect(() => loadOverrides("x", folder)).toThrow(message);
  });
});
