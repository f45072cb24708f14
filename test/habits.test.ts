import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "./support/run.ts";

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

describe("versions that stand in two places", () => {
  it("Node.js is the same for version managers and for npm's scripts", () => {
    expect(read(".nvmrc").trim()).toBe(JSON.parse(read("package.json")).devDependencies.node);
  });

  it("Renovate finds every chart that is installed, and every program that CI installs", () => {
    const [charts, programs] = JSON.parse(read("renovate.json")).customManagers;
    const sources = globSync("{stacks,constructs}/**/*.ts", { cwd: ROOT }).map(read).join("\n");
    const found = [...sources.matchAll(new RegExp(charts.matchStrings[0], "g"))].map(
      ({ groups }) => groups?.depName,
    );
    const chosen = [...sources.matchAll(/^\s+chart: "([^"]+)"/gm)].map(([, name]) => name);
    expect(found.sort()).toEqual(chosen.sort());

    const installed = [...read(".ci/run").matchAll(/^\s*tool \S+ (\S+)@v/gm)].map(([, name]) => name);
    const followed = [...read(".ci/run").matchAll(new RegExp(programs.matchStrings[0], "g"))];
    expect(followed.length).toBeGreaterThan(0);
    for (const { groups } of followed) {
      expect(installed.some((name) => name?.startsWith(groups?.depName ?? "?"))).toBe(true);
    }
    expect(followed).toHaveLength(installed.length);
  });
});

describe("the commit hook", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-commit-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ["fix: keep a lock that is somebody else's\n\nA run gave back what it had not taken.", 0],
    ["mended a few things\n\nThey were broken.", 1],
    ["fix: keep a lock that is somebody else's", 1],
    [`fix: ${"long ".repeat(16)}\n\nBecause.`, 1],
  ])("%j ends with %i", (message, status) => {
    const file = join(folder, "COMMIT_EDITMSG");
    writeFileSync(file, message);
    expect(spawnSync(join(ROOT, ".githooks/commit-msg"), [file], { cwd: ROOT }).status).toBe(status);
  });
});
