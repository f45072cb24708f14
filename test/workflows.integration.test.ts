import { delimiter } from "node:path";
import { expect, it } from "vitest";
import { PYTHON_BIN } from "./support/moto.ts";
import { run } from "./support/run.ts";

it("actionlint finds nothing", async () => {
  const PATH = [process.env.PATH, PYTHON_BIN].join(delimiter);
  expect(await run("actionlint", [], { env: { PATH } })).toEqual({ code: 0, stdout: "", stderr: "" });
});
