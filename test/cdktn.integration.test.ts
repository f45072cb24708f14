import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentFiles } from "../config/load.ts";
import { run } from "./support/run.ts";

/** Where the framework says its own version; everything else must be the same. */
const withoutVersion = (text: string) =>
  JSON.parse(text, function (this: Record<string, unknown>, key, value) {
    const isFramework = key === "version" && ("stackName" in this || "stacks" in this);
    return isFramework ? undefined : value;
  });

describe.each(environmentFiles())("%s", (environment) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-cdktn-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const synthesize = async (name: string, args: readonly string[]) => {
    const outdir = join(folder, name);
    const { code, stderr } = await run(
      "node",
      ["--disable-warning=ExperimentalWarning", ...args, "main.ts"],
      {
        env: { CALI_ENV: environment, CDKTF_OUTDIR: outdir },
      },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const files = readdirSync(outdir, { recursive: true, encoding: "utf8" }).filter((file) =>
      /(^manifest|cdk\.tf)\.json$/.test(file),
    );
    return Object.fromEntries(
      files.sort().map((file) => [file, withoutVersion(readFileSync(join(outdir, file), "utf8"))]),
    );
  };

  it("is the same with cdktn: resources, addresses, values, order", async () => {
    const [cdktf, cdktn] = [
      await synthesize("cdktf", []),
      await synthesize("cdktn", ["--import", "./scripts/use-cdktn.ts"]),
    ];
    expect(Object.keys(cdktf).length).toBeGreaterThan(5);
    expect(cdktn).toEqual(cdktf);
  });

  it("is made by cdktn then, not by cdktf under another name", async () => {
    const outdir = join(folder, "cdktn");
    const { version } = JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8"));
    const desired = JSON.parse(readFileSync("package.json", "utf8")).devDependencies.cdktn;
    expect(version).toBe(desired);
  });
});
