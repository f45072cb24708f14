import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SHARED_STACK, stackNames } from "../stacks/registry.ts";
import { ROOT, run } from "./support/run.ts";

const STACKS = stackNames();
const OWN_STATES = stackNames(({ sharedState }) => !sharedState);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-synth-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const synth = (outdir: string, env: Record<string, string>) =>
  run("npm", ["run", "--silent", "synth"], { env: { CDKTF_OUTDIR: outdir, ...env } });

describe("npm run synth", () => {
  it("prints each stack's state key, number of resources and what it waits for", async () => {
    const { code, stdout } = await synth(join(folder, "dev"), { CALI_ENV: "dev" });
    expect(code).toBe(0);
    const rows = stdout.split("\n").map((line) => line.split(/ {2,}/));
    const row = (name: string) => rows.find(([stack]) => stack === name);
    expect(rows.map(([stack]) => stack).filter((stack) => /^\d\d-/.test(stack ?? ""))).toEqual(STACKS);
    expect(row("01-kinesis")).toEqual([
      "01-kinesis",
      "stacks/01-kinesis/terraform.tfstate",
      expect.stringMatching(/^\d+$/),
      "02-s3, 03-opensearch, 06-iam",
    ]);
    expect(row("02-s3")?.[3]).toBe("-");
  });

  it("puts all of 01-07 into the one state of terraform-users", async () => {
    const { code, stdout } = await synth(join(folder, "users"), { CALI_ENV: "terraform-users" });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^infra +infra\/terraform\.tfstate +46 +-$/m);
    expect(readdirSync(join(folder, "users/stacks")).sort()).toEqual([...OWN_STATES, SHARED_STACK].sort());
  });

  it("writes the same bytes each time, and no path of this machine", async () => {
    const read = (run: string) => readFileSync(join(folder, run, "stacks/05-eks/cdk.tf.json"), "utf8");
    await synth(join(folder, "again"), { CALI_ENV: "dev" });
    expect(read("again")).toBe(read("dev"));
    expect(read("again")).not.toContain(ROOT);
  });

  it("leaves nothing of another environment's stacks, and whatever is not its own", async () => {
    const outdir = join(folder, "both");
    const stacks = () => readdirSync(join(outdir, "stacks")).sort();
    await synth(outdir, { CALI_ENV: "terraform-users" });
    const infra = join(outdir, "stacks/infra");
    mkdirSync(join(infra, ".terraform/providers"), { recursive: true });
    writeFileSync(join(infra, "terraform.tfvars"), 'project_name = "cali"\n');
    mkdirSync(join(outdir, "stacks/mine"));
    await synth(outdir, { CALI_ENV: "dev" });
    expect(stacks()).toEqual([...STACKS, "infra", "mine"].sort());
    expect(readdirSync(infra)).toEqual(["terraform.tfvars"]);
  });

  it("names an unknown environment in one line, and writes nothing", async () => {
    const outdir = join(folder, "unknown");
    const { code, stderr } = await synth(outdir, { CALI_ENV: "staging" });
    expect(code).toBe(1);
    expect(stderr).toContain('CALI_ENV: given "staging"; allowed: one of dev, prod, terraform-users');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(outdir)).toBe(false);
  });

  it.each([
    [["--sumary"], "main.ts: given --sumary; allowed: --summary, --svg <file>\n"],
    [["--svg"], "main.ts: given --svg; allowed: --summary, --svg <file>\n"],
    [["--svg", "/nowhere/x.svg"], "--svg: given /nowhere/x.svg; allowed: a file that can be written (ENOENT"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await run(
      "node",
      ["--disable-warning=ExperimentalWarning", "main.ts", ...args],
      {
        env: { CDKTF_OUTDIR: join(folder, "x") },
      },
    );
    expect(code).toBe(1);
    expect(stderr.startsWith(message)).toBe(true);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
