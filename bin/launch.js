import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The Node.js that `npm ci` brings, in the package `node`. */
const BUNDLED = fileURLToPath(
  new URL(`../node_modules/node/bin/node${process.platform === "win32" ? ".exe" : ""}`, import.meta.url),
);

/**
 * Runs a TypeScript program: in this process where this Node.js reads TypeScript (22.18 and newer), else in one that runs the Node.js of
 * `node_modules`. Plain JavaScript, since a Node.js of any age has to read it.
 *
 * @param {URL} main the program's file.
 */
export async function launch(main) {
  const file = fileURLToPath(main);
  if (process.features.typescript) {
    // As if it had been named itself: programs look whether they are the entry.
    process.argv[1] = file;
    process.removeAllListeners("warning");
    process.on("warning", (warning) => {
      if (warning.name !== "ExperimentalWarning") console.error(String(warning));
    });
    await import(main.href);
    return;
  }
  if (!existsSync(BUNDLED)) {
    console.error(
      `Node.js: given ${process.version}; allowed: 22.18 or newer, or the one that \`npm ci\` brings, which is not at ${BUNDLED}`,
    );
    process.exitCode = 1;
    return;
  }
  const args = ["--disable-warning=ExperimentalWarning", file, ...process.argv.slice(2)];
  const child = spawn(BUNDLED, args, { stdio: "inherit" });
  // A terminal sends SIGINT to both; a second one would end what the first one asked to end well.
  const passed = process.stdin.isTTY ? ["SIGTERM", "SIGHUP"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (passed.includes(signal)) child.kill(signal);
    });
  }
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
