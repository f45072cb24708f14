import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentFiles } from "../config/load.ts";
import { ROOT, run } from "./support/run.ts";

/** What may differ between both outputs, as docs/adr/0008-from-cdktf-to-cdktn.md explains it: a file, and a place in it. */
const EXPLAINED = [
  ["manifest.json", "version"],
  ["stacks/*/cdk.tf.json", "//.metadata.version"],
] as const;

/** Every value of a JSON document, the order of its keys included, by its place. */
function leaves(value: unknown, path: readonly string[] = []): [place: string, value: string][] {
  if (typeof value !== "object" || value === null) return [[path.join("."), JSON.stringify(value)]];
  const keys = Object.keys(value);
  return [
    [`${path.join(".")}{}`, `${Array.isArray(value)} ${keys.join()}`],
    ...keys.flatMap((key) => leaves((value as Record<string, unknown>)[key], [...path, key])),
  ];
}

/** Every file of an output folder, each as its values. */
function outputOf(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return new Map(
    files.flatMap(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const text = readFileSync(path, "utf8");
      const file = path.slice(folder.length + 1);
      const found = name.endsWith(".json") ? leaves(JSON.parse(text)) : [["", text] as const];
      return found.map(([place, value]) => [`${file} ${place}`, value] as const);
    }),
  );
}

/** Files and places that only one has, or that differ. */
function differences(one: Map<string, string>, other: Map<string, string>): string[] {
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((key) => one.get(key) !== other.get(key))
    .sort();
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-cdktn-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(environmentFiles())("%s", (environment) => {
  const synthesize = async (script: string) => {
    const outdir = join(folder, `${environment}-${script}`);
    const { code, stderr } = await run("npm", ["run", "--silent", script], {
      env: { CALI_ENV: environment, CDKTF_OUTDIR: outdir },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return outputOf(outdir);
  };

  it("is the same with cdktn: files, resources, addresses, values, order, but for what is explained", async () => {
    const [cdktf, cdktn] = await Promise.all([synthesize("synth"), synthesize("synth:cdktn")]);
    const stacks = [...cdktf.keys()].flatMap(
      (key) => /^stacks\/[\w-]+\/cdk\.tf\.json(?= \{\}$)/.exec(key) ?? [],
    );
    expect(stacks.length).toBeGreaterThan(5);
    const explained = EXPLAINED.flatMap(([file, place]) =>
      file.includes("*") ? stacks.map((stack) => `${stack} ${place}`) : [`${file} ${place}`],
    );
    expect(differences(cdktf, cdktn)).toEqual(explained.sort());
    // It is made by cdktn then, not by cdktf under another name.
    const desired = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).devDependencies.cdktn;
    expect(cdktn.get("manifest.json version")).toBe(JSON.stringify(desired));
  });
});

it("each difference that is explained stands in the decision", () => {
  const text = readFileSync(join(ROOT, "docs/adr/0008-from-cdktf-to-cdktn.md"), "utf8");
  for (const [file, place] of EXPLAINED) expect(text).toContain(`| \`${file}\` | \`${place}\` |`);
});

it("a value, a key, an order or a file that only one has is a difference", () => {
  const of = (value: unknown) => new Map(leaves(value));
  const one = { a: [1, { b: "x" }], c: null };
  expect(differences(of(one), of(structuredClone(one)))).toEqual([]);
  expect(differences(of(one), of({ a: [1, { b: "y" }], c: null }))).toEqual(["a.1.b"]);
  expect(differences(of(one), of({ c: null, a: [1, { b: "x" }] }))).toEqual(["{}"]);
  expect(differences(of(one), of({ a: [1, { b: "x" }, 2], c: null }))).toEqual(["a.2", "a{}"]);
  expect(differences(of({ a: {} }), of({ a: [] }))).toEqual(["a{}"]);
});
