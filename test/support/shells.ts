import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What documents call; each is a function of the shell that writes down its words and answers nothing. */
const PROGRAMS =
  "airflow aws awk basename consumer cp curl dirname gh git grep head helm jq kubectl mkdir mvn npm npx openssl pip python3 sort tail terraform tr".split(
    " ",
  );
/** Control characters that end a word, and a call. */
const [WORD_END, CALL_END] = ["\u001f", "\u001e"];

/** What a shell makes of a script. */
export interface ShellRun {
  /** Each call: the program's name and its words, as the shell gives them. In no order: parts of a pipe run side by side. */
  readonly calls: readonly (readonly string[])[];
  /** What the shell says is wrong with it, and what it knows no program for. */
  readonly said: string;
}

/** Runs a script as it stands, but for its programs, which do nothing. What it reads is there, and empty. */
export function runIn(shell: "sh" | "bash", script: string): ShellRun {
  const folder = mkdtempSync(join(tmpdir(), "cali-shell-"));
  try {
    const write = (name: string) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), "");
    };
    for (const name of ["calls", ...[...script.matchAll(/< (\S+)/g)].map(([, file = ""]) => file)])
      write(name);
    // One write for a call: parts of a pipe run side by side.
    const functions = PROGRAMS.map(
      (name) => `${name}() { printf '%s\\037' ${name} "$@" "$CALL_END" >>"$HOME/calls"; }`,
    );
    // Of a virtual environment.
    const called = script.replaceAll(/\.venv[\w-]*\/bin\//g, "");
    const { stderr } = spawnSync(`/bin/${shell}`, ["-c", [...functions, called].join("\n")], {
      cwd: folder,
      encoding: "utf8",
      env: { HOME: folder, PATH: "/nowhere", CALL_END },
      input: "",
    });
    const calls = readFileSync(join(folder, "calls"), "utf8").split(`${CALL_END}${WORD_END}`).filter(Boolean);
    return { said: stderr.trim(), calls: calls.sort().map((call) => call.split(WORD_END).slice(0, -1)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
