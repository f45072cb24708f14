import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ROOT, run } from "../support/run.ts";

it("a soak of 20 seconds holds, and leaves a plot", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-soak-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const plot = join(folder, "soak.svg");
  const options = ["--expose-gc", "--disable-warning=ExperimentalWarning", "bench/soak.ts"];
  const { code, stdout, stderr } = await run("node", [...options, "--for", "20s", "--plot", plot], {
    cwd: ROOT,
  });
  expect(stderr).toBe("");
  const lines = Number(/^([\d,]+) lines in 20 s/m.exec(stdout)?.[1]?.replaceAll(",", ""));
  expect(lines).toBeGreaterThan(1_000);
  expect(stdout.match(/^(holds|GROWS) {2}(heapMiB|rssMiB|handles|lagMs): /gm)).toHaveLength(4);
  expect(stdout).not.toMatch(/^GROWS {2}(heapMiB|handles)/m);
  expect(code).toBe(stdout.includes("GROWS") ? 1 : 0);
  expect(readFileSync(plot, "utf8").match(/<polyline/g)).toHaveLength(5);
});

it("a soak without a time, or with a wrong one, says what is allowed", async () => {
  const none = await run("node", ["bench/soak.ts"], { cwd: ROOT });
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("--for <time>")]);
  const wrong = await run("node", ["bench/soak.ts", "--for", "soon"], { cwd: ROOT });
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("1s to 24h")]);
});
