import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { CALI, isProgram, run } from "./support/run.ts";

/** A terminal of 80 columns, by util-linux. */
const SCRIPT = "/usr/bin/script";
const SKIPPED = isProgram(SCRIPT) ? "" : ` (skipped: no ${SCRIPT})`;
const ESC = "\u001b[";

const node = `node ${CALI[0]}`;
const COMMANDS = [
  ["npm run synth", `${node} main.ts --summary`, "stack "],
  ["cali cost", `${node} delivery/main.ts cost --env dev`, "Total: "],
] as const;

describe.skipIf(SKIPPED)(`a command on a terminal${SKIPPED}`, () => {
  const env = { TERM: "xterm-256color", CALI_ENV: "dev" };
  const onTerminal = (command: string, more = "") =>
    run(SCRIPT, ["-qec", `stty cols 80; ${without(command, more)}`, "/dev/null"], { env });
  // Node.js takes an empty one for one that is set.
  const without = (command: string, more = "") => `unset CI FORCE_COLOR NO_COLOR; ${more} ${command}`;

  it.each(COMMANDS)("%s: in colour, unless NO_COLOR or a pipe", async (_, command, shown) => {
    const [painted, plain, piped] = await Promise.all([
      onTerminal(command),
      onTerminal(command, "NO_COLOR=1"),
      run("sh", ["-c", without(command)], { env }),
    ]);
    for (const { stdout } of [painted, plain, piped]) {
      expect(stripVTControlCharacters(stdout)).toContain(shown);
    }
    const widest = Math.max(...plain.stdout.split(/\r?\n/).map(({ length }) => length));
    if (command.includes("main.ts --summary")) expect(widest).toBeLessThanOrEqual(80);
    expect(painted.stdout).toContain(`${ESC}1m`);
    expect(plain.stdout).not.toContain(`${ESC}1m`);
    expect(piped.stdout).not.toContain(ESC);
  });

  it("npm start: ends with its tables, in colour", async () => {
    const { code, stdout } = await onTerminal(`${node} --import tsx local/main.ts --for 1s`);
    expect(code).toBe(0);
    expect(stdout).toContain(`${ESC}1mWhat became of the lines`);
  });
});
