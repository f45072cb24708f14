import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { withCommit } from "../../delivery/core/options.ts";
import { askedFor, programWith } from "../../delivery/program.ts";
import { COMMANDS } from "../../delivery/registry.ts";
import { ROOT, run, runCali } from "../support/run.ts";

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const folders = readdirSync(join(ROOT, "delivery/commands")).sort();

/** Prints each module that is loaded. */
const TELL_LOADS =
  'data:text/javascript,import{registerHooks}from"node:module";registerHooks({load(url,context,next){console.error(url);return next(url,context)}})';

describe("the registry of commands", () => {
  it("has each command's folder once", () => {
    expect(COMMANDS.map(({ name }) => name).sort()).toEqual(folders);
  });

  it.each(COMMANDS.map((entry) => [entry.name, entry] as const))(
    "%s is what it loads",
    async (name, { load, summary }) => {
      const command = await load();
      expect(command.name()).toBe(name);
      expect(command.description().length).toBeGreaterThan(summary.length);
      // `affected` looks at Git, and `wait-for` asks GitHub about a commit.
      const takesEnvironment = command.options.some(({ short, long }) => short === "-e" && long === "--env");
      expect(takesEnvironment).toBe(!["affected", "wait-for"].includes(name));
    },
  );

  it("is what --help lists, in groups, and no command is loaded for it", async () => {
    const { code, stdout, stderr } = await run("node", [
      "--import",
      TELL_LOADS,
      "delivery/main.ts",
      "--help",
    ]);
    expect(code).toBe(0);
    for (const { name, group } of COMMANDS) {
      expect(stdout.indexOf(`\n  ${name} `)).toBeGreaterThan(stdout.indexOf(group));
      expect(stdout).toContain(group);
    }
    expect(stderr).toContain("delivery/registry.ts");
    expect(stderr).not.toMatch(/delivery\/(commands|core)\//);
  });

  it("is what --help and help of one command show", async () => {
    const [byOption, byCommand] = await Promise.all([runCali(["cost", "--help"]), runCali(["help", "cost"])]);
    expect(byOption.stdout).toContain("--from-synth");
    expect(byCommand.stdout).toBe(byOption.stdout);
  });

  it.each([
    [[], undefined],
    [["--version"], undefined],
    [["plan", "--out", "deploy"], "plan"],
    [["help", "plan"], "plan"],
    [["complete", "--", "deploy", "--pl"], "deploy"],
  ])("%j asks for %s", (args, name) => {
    expect(askedFor(args)).toBe(name);
  });

  it("names what is meant by a command that does not exist", async () => {
    const { code, stderr } = await runCali(["depoly"]);
    expect(stderr).toContain("(Did you mean deploy?)");
    expect(code).toBe(1);
    expect((await programWith(() => false)).commands).toHaveLength(COMMANDS.length + 1);
  });

  it("completes commands and their options in a shell", async () => {
    const [commands, options, script] = await Promise.all([
      runCali(["complete", "--", "d"]),
      runCali(["complete", "--", "deploy", "--head"]),
      runCali(["complete", "bash"]),
    ]);
    expect(commands.stdout.match(/^\w+/gm)).toEqual(["doctor", "drift", "deploy"]);
    expect(options.stdout).toMatch(/^--head-commit\t/m);
    expect(script.stdout).toContain("# bash completion for cali");
  });
});

describe("--commit", () => {
  const asked = async (args: readonly string[]) => {
    const command = withCommit(new Command("plan"))
      .exitOverride()
      .action(() => {});
    await command.parseAsync(args, { from: "user" });
    return command.opts().commit;
  };

  it("is what is given, else the one that is checked out", async () => {
    expect(await asked(["--commit", "a".repeat(40)])).toBe("a".repeat(40));
    vi.stubEnv("GITHUB_SHA", undefined);
    vi.stubEnv("CALI_COMMIT", undefined);
    const { stdout } = await run("git", ["rev-parse", "HEAD"]);
    expect(await asked([])).toBe(stdout.trim());
    vi.stubEnv("GITHUB_SHA", "b".repeat(40));
    expect(await asked([])).toBe("b".repeat(40));
    vi.unstubAllEnvs();
  });
});

describe("the programs of the checkout", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-launch-"));
    const launcher = pathToFileURL(join(ROOT, "bin/launch.js")).href;
    writeFileSync(
      join(folder, "entry.js"),
      `import { launch } from "${launcher}";\nawait launch(new URL("./main.ts", import.meta.url));\n`,
    );
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(
      join(folder, "main.ts"),
      `const word: string = process.argv[2] ?? "";
process.on("SIGTERM", () => process.exit(7));
setTimeout(() => {}, 60_000);
if (word === "die") process.kill(process.pid, "SIGKILL");
console.log("ready", process.features.typescript, process.argv[1]?.endsWith("main.ts"));
`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // What an older Node.js lacks can be switched off in this one.
  const older = ["--no-experimental-strip-types"];

  it.each([
    "bin/cali.js",
    "services/consumer/bin/consumer.js",
    "services/log-generator/bin/log-generator.js",
  ])("%s runs where Node.js reads no TypeScript", async (bin) => {
    const { code, stdout, stderr } = await run(process.execPath, [...older, bin, "--help"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^Usage: (cali|consumer|log-generator) /);
    expect(stderr).toBe("");
  });

  it("say their version", async () => {
    expect((await run(process.execPath, ["bin/cali.js", "--version"])).stdout).toBe(`${version}\n`);
  });

  it.each([[[]], [older]])("pass signals and the exit code on (%j)", async (options) => {
    const child = spawn(process.execPath, [...options, join(folder, "entry.js")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    const [line] = await once(child.stdout, "data");
    expect(String(line)).toBe("ready strip true\n");
    child.kill("SIGTERM");
    expect(await ended).toEqual([7, null]);
  });

  it("end as the program did that was killed", async () => {
    const child = spawn(process.execPath, [...older, join(folder, "entry.js"), "die"], { stdio: "ignore" });
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
  });
});
