import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { copyFiles } from "./support/checkout.ts";
import { FILES } from "./support/documents.ts";
import { ROOT, run } from "./support/run.ts";

/** CONTRIBUTING's recipe and `npm run new:stack`, each followed to the letter in a copy of the checkout. */

const folders: string[] = [];
let copy: string;
beforeEach(async () => {
  copy = mkdtempSync(join(tmpdir(), "cali-add-a-stack-"));
  folders.push(copy);
  copyFiles(copy);
  // What npm put beside a workspace, too.
  const workspaces = [
    ...new Set([...FILES].flatMap((file) => /^(?:services|packages)\/[\w-]+/.exec(file) ?? [])),
  ];
  for (const folder of [".", ...workspaces].map((workspace) => join(workspace, "node_modules"))) {
    if (existsSync(join(ROOT, folder))) symlinkSync(join(ROOT, folder), join(copy, folder));
  }
  await git("init", "--quiet");
  // A link is no folder to .gitignore's `node_modules/`.
  writeFileSync(join(copy, ".git/info/exclude"), "node_modules\n");
  await git("add", "--all");
  await git("-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", "copy");
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const git = (...args: string[]) => run("git", args, { cwd: copy });
const npm = (...args: string[]) => run("npm", ["run", "--silent", ...args], { cwd: copy });
const read = (path: string) => readFileSync(join(copy, path), "utf8");
const edit = (path: string, change: (text: string) => string) => {
  const before = read(path);
  const after = change(before);
  if (before === after) throw new Error(`${path} did not change`);
  writeFileSync(join(copy, path), after);
};
const before = (place: string, what: string) => (text: string) => text.replace(place, `${what}${place}`);

/** The tests that know nothing of the new stack, and have to find what was forgotten. */
const GENERAL = ["registry", "layout", "names-made", "pipeline-rights", "policy", "workflows"].map(
  (name) => `test/${name}.test.ts`,
);
const vitest = async (...files: string[]) => {
  const { code, stdout, stderr } = await run("npx", ["vitest", "run", ...files], { cwd: copy });
  return { code, output: stdout + stderr };
};
const changed = async () => {
  await git("add", "--all");
  return (await git("diff", "--cached", "--name-only")).stdout.trim().split("\n").sort();
};

/** What a pull request plans and main deploys with `cali plan infrastructure`. */
async function planned(env: string): Promise<string[]> {
  const synth = await run("npm", ["run", "--silent", "synth"], { cwd: copy, env: { CALI_ENV: env } });
  expect(synth.stderr).toBe("");
  const script = `
    const { readApplication, selectStacks } = await import("./delivery/core/application/application.ts");
    const stacks = selectStacks(await readApplication("cdktf.out"), ["infrastructure"]);
    console.log(JSON.stringify(stacks.map(({ name, stateKey }) => name + " " + stateKey)));`;
  const { stdout } = await run("node", ["--no-warnings", "--input-type=module", "--eval", script], {
    cwd: copy,
  });
  return JSON.parse(stdout);
}

/** The recipe's code blocks, as they stand in the guide. */
function recipe(): { stack: string; row: string; imported: string; placed: string } {
  const guide = read("CONTRIBUTING.md");
  const section = guide.slice(guide.indexOf("## Add a stack"), guide.indexOf("## Charts"));
  const blocks = [...section.matchAll(/^ {3}```ts\n([\s\S]*?)^ {3}```$/gm)].map(([, block = ""]) =>
    block.replaceAll(/^ {3}/gm, ""),
  );
  const [stack, row, imported, placed] = blocks;
  if (!stack || !row || !imported || !placed || blocks.length !== 4)
    throw new Error(`${blocks.length} blocks`);
  return { stack, row, imported, placed };
}

function follow(skip: "row" | "main" | "rights" | "nothing" = "nothing"): void {
  const { stack, row, imported, placed } = recipe();
  writeFileSync(join(copy, "stacks/14-billing.ts"), stack);
  const rights = skip === "rights" ? row.replace(/rights: \[.*\]/, "rights: []") : row;
  if (skip !== "row") edit("stacks/registry.ts", before("] as const satisfies", rights));
  if (skip === "main") return;
  edit("main.ts", before("import { checkFit", imported));
  edit("main.ts", before("  return app;", `${placed}\n`));
}

describe("CONTRIBUTING's recipe", () => {
  it("makes a queue and an alarm that are planned, deployed and allowed, with three files by hand", async () => {
    follow();
    expect(await changed()).toEqual(["main.ts", "stacks/14-billing.ts", "stacks/registry.ts"]);
    expect((await npm("stacks:write")).stdout.trim().split("\n")).toEqual([
      "docs/reference.md is written anew",
      ".github/workflows/terraform.yml is written anew",
    ]);
    expect(await planned("dev")).toContain("14-billing stacks/14-billing/terraform.tfstate");
    expect(await planned("terraform-users")).toEqual([
      "14-billing stacks/14-billing/terraform.tfstate",
      "infra infra/terraform.tfstate",
    ]);
    const push = read(".github/workflows/terraform.yml").split("  push:")[1];
    expect(push).toContain('- "stacks/14-billing.ts"');
    expect(await npm("typecheck")).toMatchObject({ code: 0 });
    const { code, output } = await vitest(...GENERAL);
    expect(output).not.toContain("FAIL");
    expect(code).toBe(0);
  });

  it.each([
    ["the command", "nothing", "npm run stacks:write"],
    ["its row", "row", "stacks/registry.ts"],
    ["its rights", "rights", "add it to the rights of the stack in stacks/registry.ts"],
    ["its place", "main", "main.ts places what stacks/registry.ts has"],
  ] as const)("that forgot %s fails a test, which says so", async (_, skip, said) => {
    follow(skip);
    if (skip !== "nothing") await npm("stacks:write");
    const { code, output } = await vitest("test/registry.test.ts", "test/pipeline-rights.test.ts");
    expect(output).toContain(said);
    expect(code).not.toBe(0);
  });
});

describe("npm run new:stack", () => {
  it.each([
    ["aws", "terraform.yml"],
    ["cluster", "helm.yml"],
  ])("writes a stack of tier %s that all tests take", async (tier, workflow) => {
    const { code, stderr } = await npm(
      "new:stack",
      "--",
      "daily-bills",
      "--tier",
      tier,
      "--makes",
      "the bills of a day",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await changed()).toEqual(
      [
        `.github/workflows/${workflow}`,
        "docs/reference.md",
        "main.ts",
        "stacks/14-daily-bills.ts",
        "stacks/registry.ts",
        "test/stacks/14-daily-bills.test.ts",
      ].sort(),
    );
    const group = (await planned("dev")).some((line) => line.startsWith("14-daily-bills "));
    expect(group).toBe(tier === "aws");
    await npm("format");
    expect(
      await run("npx", ["biome", "check", "main.ts", "stacks", "test/stacks"], { cwd: copy }),
    ).toMatchObject({
      code: 0,
    });
    expect(await npm("typecheck")).toMatchObject({ code: 0 });
    const { output } = await vitest(
      ...GENERAL,
      "test/stacks/14-daily-bills.test.ts",
      "test/services-in-cluster.test.ts",
    );
    expect(output).not.toContain("FAIL");
  });
});
