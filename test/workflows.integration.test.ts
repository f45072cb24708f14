import { delimiter } from "node:path";
import { expect, it } from "vitest";
import { PYTHON_BIN } from "./support/moto.ts";
import { run } from "./support/run.ts";

it("actionlint finds nothing", async () => {
  const PATH = [process.env.PATH, PYTHON_BIN].join(delimiter);
  expect(await run("actionlint", [], { env: { PATH } })).toEqual({ code: 0, stdout: "", stderr: "" });
});

it("zizmor finds nothing of medium or high severity but what .github/zizmor.yml has a reason for", async () => {
  const PATH = [PYTHON_BIN, process.env.PATH].join(delimiter);
  const words = [
    "--offline",
    "--no-progress",
    "--persona",
    "pedantic",
    "--min-severity",
    "medium",
    ".github",
  ];
  const { code, stdout } = await run("zizmor", words, { env: { PATH } });
  expect(stdout).not.toMatch(/^(error|warning)\[/m);
  expect(code).toBe(0);
});
