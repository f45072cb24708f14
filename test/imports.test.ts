import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { roomImports } from "../scripts/rooms.ts";
import { ROOT, run } from "./support/run.ts";

const FORBIDDEN: [string, string][] = [
  ["config/x.ts", "../constructs/handle.ts"],
  ["config/x.ts", "../stacks/06-iam.ts"],
  ["config/x.ts", "cdktf"],
  ["config/x.ts", "@cali/log-record"],
  ["config/x.ts", "@cdktf/provider-aws/lib/s3-bucket/index.js"],
  ["constructs/x.ts", "../stacks/06-iam.ts"],
  ["constructs/x.ts", "../main.ts"],
  ["constructs/x.ts", "../config/schema.ts"],
  ["constructs/x.ts", "../delivery/main.ts"],
  ["constructs/deeper/x.ts", "../../stacks/06-iam.ts"],
  ["stacks/x.ts", "../main.ts"],
  ["stacks/x.ts", "../services/consumer/src/main.ts"],
  ["stacks/x.ts", "@cali/log-record"],
  ["delivery/core/x.ts", "@cali/consumer"],
  ["delivery/commands/deploy/x.ts", "@cali/log-generator"],
  ["services/consumer/src/x.ts", "../../../config/names.ts"],
  ["services/consumer/src/x.ts", "../../../stacks/06-iam.ts"],
  ["services/consumer/src/x.ts", "@cali/log-generator"],
  ["services/log-generator/src/x.ts", "cdktf"],
  ["services/log-generator/src/x.ts", "../../consumer/src/types.ts"],
  ["services/consumer/src/deeper/x.ts", "../../../../config/names.ts"],
  ["services/consumer/src/deeper/x.ts", "../../../log-generator/src/index.ts"],
  ["local/x.ts", "../config/load.ts"],
  ["local/x.ts", "../stacks/06-iam.ts"],
  ["local/x.ts", "../delivery/program.ts"],
  ["local/x.ts", "cdktf"],
  ["delivery/x.ts", "../stacks/06-iam.ts"],
  ["delivery/x.ts", "../constructs/handle.ts"],
  ["delivery/core/github/x.ts", "../../commands/plan/command.ts"],
  ["delivery/core/x.ts", "../stacks/06-iam.ts"],
  ["delivery/core/x.ts", "../program.ts"],
  ["delivery/commands/deploy/x.ts", "../plan/command.ts"],
  ["delivery/commands/deploy/x.ts", "../drift/report.ts"],
  ["delivery/commands/deploy/x.ts", "../../commands/plan/command.ts"],
  ["delivery/commands/deploy/x.ts", "../../../constructs/handle.ts"],
];

const ALLOWED: [string, string][] = [
  ["config/x.ts", "./names.ts"],
  ["constructs/x.ts", "../config/names.ts"],
  ["stacks/x.ts", "../constructs/handle.ts"],
  ["stacks/x.ts", "../config/names.ts"],
  ["main.ts", "./stacks/06-iam.ts"],
  ["delivery/x.ts", "../config/load.ts"],
  ["delivery/core/github/x.ts", "../errors.ts"],
  ["delivery/core/github/x.ts", "../terraform/state.ts"],
  ["delivery/commands/deploy/x.ts", "../../core/deployment/deploy.ts"],
  ["delivery/commands/deploy/x.ts", "../../../config/load.ts"],
  ["delivery/commands/deploy/x.ts", "./part.ts"],
  ["delivery/core/application/x.ts", "../../../stacks/registry.ts"],
  ["delivery/commands/deploy/x.ts", "../../../stacks/registry.ts"],
  ["local/x.ts", "../services/consumer/src/pipeline/consumer.ts"],
  ["local/x.ts", "@cali/log-generator"],
  ["services/consumer/src/x.ts", "@cali/log-record"],
  ["config/x.ts", "@cali/settings"],
  ["constructs/x.ts", "@cali/settings"],
  ["stacks/x.ts", "@cali/settings"],
  ["delivery/x.ts", "@cali/settings"],
  ["delivery/core/x.ts", "@cali/settings"],
  ["delivery/commands/deploy/x.ts", "@cali/settings"],
  ["services/consumer/src/read/x.ts", "../config/load.ts"],
  ["services/consumer/src/cause/knowledge/x.ts", "../../config/load.ts"],
];

/** File of one import, unique for each pair. */
const fileOf = (path: string, specifier: string) =>
  path.replace(/x\.ts$|main\.ts$/, (name) => `${specifier.replaceAll(/\W+/g, "_")}-${name}`);

describe("the import rule", () => {
  let folder: string;
  let findings: string;

  beforeAll(async () => {
    // A tree of rooms with the project's own linter configuration.
    folder = mkdtempSync(join(tmpdir(), "cali-imports-"));
    const { $schema, vcs, ...configuration } = JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8"));
    writeFileSync(join(folder, "biome.json"), JSON.stringify(configuration));
    for (const [path, specifier] of [...FORBIDDEN, ...ALLOWED]) {
      const file = join(folder, fileOf(path, specifier));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `import { x } from "${specifier}";\nconsole.log(x);\n`);
    }
    const { stdout } = await run("biome", ["lint", "--reporter=github", "--max-diagnostics=none", "."], {
      cwd: folder,
    });
    findings = stdout;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const isRefused = (path: string, specifier: string) =>
    findings
      .split("\n")
      .some((line) => line.includes("noRestrictedImports") && line.includes(`${fileOf(path, specifier)},`));

  it.each(FORBIDDEN)("%s may not import %s", (path, specifier) => {
    expect(isRefused(path, specifier)).toBe(true);
  });

  it.each(ALLOWED)("%s may import %s", (path, specifier) => {
    expect(isRefused(path, specifier)).toBe(false);
  });
});

/** The relative imports of a module, types too. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const specifiers = text.matchAll(
    /^(?:import|export)\b[^;"]*?(?:from )?"(\.[^"]+\.ts)";|\bimport\("(\.[^"]+\.ts)"\)/gm,
  );
  return [...specifiers].map(([, one, other]) => join(dirname(file), one ?? other ?? ""));
}

/** Modules that import each other, in a circle. */
function circles(modules: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (module: string, path: readonly string[]) => {
    const begin = path.indexOf(module);
    if (begin >= 0) found.push([...path.slice(begin), module].join(" -> "));
    if (begin >= 0 || done.has(module)) return;
    for (const next of modules.get(module) ?? []) visit(next, [...path, module]);
    done.add(module);
  };
  for (const module of modules.keys()) visit(module, []);
  return found;
}

describe("modules", () => {
  const listed = execFileSync("git", ["ls-files", "*.ts"], { cwd: ROOT, encoding: "utf8" });
  const files = listed.split("\n").filter((file) => file !== "" && existsSync(join(ROOT, file)));

  it("never import each other in a circle", () => {
    const modules = new Map(files.map((file) => [file, importsOf(file)]));
    expect(modules.get("delivery/main.ts")).not.toEqual([]);
    expect(circles(modules)).toEqual([]);
  });

  it("of two rooms never import each other, not even through others", () => {
    const rooms = Map.groupBy(
      [...roomImports(files, ROOT).keys()].map((arrow) => arrow.split(" → ")),
      ([from]) => from ?? "",
    );
    const inner = (room: string) => `services/consumer/src/${room}`;
    const targets = new Map([...rooms].map(([from, arrows]) => [from, arrows.map(([, to = ""]) => to)]));
    expect(targets.get(inner("pipeline"))).toContain(inner("notify"));
    expect(circles(targets)).toEqual([]);
  });

  it("in a circle are noticed", () => {
    expect(
      circles(
        new Map([
          ["a", ["b"]],
          ["b", ["c"]],
          ["c", ["b"]],
        ]),
      ),
    ).toEqual(["b -> c -> b"]);
  });
});
