import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EXPRESSIONS, SCOPE } from "./support/expressions.ts";
import { run } from "./support/run.ts";

/** The tests' evaluator agrees with the real Terraform. */
describe("terraform", () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-expressions-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("gives the same values", async () => {
    writeFileSync(
      join(folder, "main.tf.json"),
      JSON.stringify({
        variable: Object.fromEntries(
          Object.entries(SCOPE.var).map(([name, value]) => [name, { default: value }]),
        ),
        output: Object.fromEntries(EXPRESSIONS.map(([value], index) => [`e${index}`, { value }])),
      }),
    );
    const apply = await run("terraform", ["apply", "-auto-approve", "-no-color"], { cwd: folder });
    expect(apply.code, apply.stderr).toBe(0);
    const outputs = await run("terraform", ["output", "-json"], { cwd: folder });
    const values = JSON.parse(outputs.stdout) as Record<string, { value: unknown }>;
    for (const [index, [text, expected]] of EXPRESSIONS.entries()) {
      expect(values[`e${index}`]?.value, text).toEqual(expected);
    }
  });
});
