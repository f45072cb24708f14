import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { RULES } from "../src/redact/redact.ts";
import { temporaryFolder } from "./support/process.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

async function run(input: string, args: string[] = []) {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "redact", ...args], {
    env: { PATH: process.env.PATH },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.on("error", () => {}).end(input);
  const [out, said, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { out, said, code };
}

it("marks what would go, and by which rule, without any configuration", async () => {
  expect(await run("password=hunter2x from 10.1.2.3\nall is well\n")).toEqual({
    out: "password=⟦hunter2x⟧(label) from ⟦10.1.2.3⟧(ipv4)\nall is well\n",
    said: "",
    code: 0,
  });
});

it("takes and gives JSON lines, and says in its place which line is none", async () => {
  const input = ['{"text":"mail to kim@example.com"}', "password=hunter2x", '{"text":"a\\nb"}', '{"line":1}'];
  const { out, code } = await run(`${input.join("\n")}\n`, ["--json"]);
  expect(code).toBe(0);
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    { text: "mail to <email>", rules: ["email"] },
    { error: 'line 2: given password=<secret>, allowed {"text": "…"}' },
    { text: "a\nb", rules: [] },
    { error: 'line 4: given {"line":1}, allowed {"text": "…"}' },
  ]);
});

it("ends quietly when nobody reads on", async () => {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "redact"], {
    env: { PATH: process.env.PATH },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = text(child.stderr);
  child.stdin.on("error", () => {}).write("password=hunter2x\n");
  await once(child.stdout, "data");
  child.stdout.destroy();
  child.stdin.write("password=hunter2x\n".repeat(100_000));
  expect(await once(child, "close")).toEqual([0, null]);
  expect(await said).toBe("");
});

it("goes by the rules of a configuration, of which nothing else needs to be there", async () => {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  const file = join(folder, "consumer.yaml");
  await writeFile(
    file,
    "redaction:\n  off: [ipv4]\n  rules:\n    - { id: employee, pattern: 'emp-(\\d+)' }\n",
  );
  const { out } = await run("emp-4821 at 10.1.2.3\n", ["--config", file]);
  expect(out).toBe("emp-⟦4821⟧(employee) at 10.1.2.3\n");
  await writeFile(file, "redaction:\n  off: [ip4]\n  rules:\n    - { id: Emp, pattern: '(?=a)' }\n");
  const refused = await run("x\n", ["--config", file]);
  expect(refused.code).toBe(2);
  expect(refused.said).toMatch(/consumer\.yaml:2: redaction\.off\.0: given "ip4"; allowed: a rule's name/);
  expect(refused.said).toMatch(
    /redaction\.rules\.0\.pattern: given "\(\?=a\)"; allowed: a pattern in RE2's syntax/,
  );
});

it("lists the rules, each once", async () => {
  const { out } = await run("", ["--rules"]);
  const ids = out
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t")[0]);
  expect(ids).toEqual(RULES.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
});
