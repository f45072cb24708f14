import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../delivery/registry.ts";
import { program as consumer } from "../services/consumer/src/commands/cli.ts";
import { run } from "./support/run.ts";

/** `… | head`: whoever reads what a program prints leaves before all of it, or any of it, is written. */
const NODE = ["node", "--disable-warning=ExperimentalWarning"];
const STATE = join(import.meta.dirname, "fixtures/legacy/terraform.tfstate");
const PLAN = join(import.meta.dirname, "fixtures/plans/huge.json");
const ASKS =
  "prints nothing but its help, as all do, before it has asked AWS, GitHub or Kubernetes, or has planned";

/** What each command is given so that it prints, on this machine alone. */
const CALI: Record<string, readonly string[] | typeof ASKS> = {
  doctor: ASKS,
  plan: ASKS,
  drift: ASKS,
  cost: ["--env", "prod"],
  "synth-difference": ASKS,
  adopt: ["--state", STATE, "--print"],
  deploy: ASKS,
  recover: ASKS,
  unlock: ASKS,
  release: ASKS,
  opensearch: ASKS,
  grafana: ASKS,
  bootstrap: ["--print"],
  "pipeline-access": ASKS,
  switch: ASKS,
  affected: ASKS,
  comment: ["--plan-json", PLAN, "--print"],
  result: ASKS,
  notify: ASKS,
  "fetch-plans": ASKS,
  "wait-for": ASKS,
  "take-turn": ASKS,
  image: ASKS,
};
const LINES = 'for n in $(seq 2000); do echo "ERROR password=hunter2x $n"; done';
const CONSUMER: Record<string, string | typeof ASKS> = {
  run: ASKS,
  workers: ASKS,
  worker: ASKS,
  notifier: ASKS,
  replay: ASKS,
  quality: ASKS,
  digest: ASKS,
  knowledge: "knowledge list --origin seed --folder docs",
  silence: ASKS,
  decode: "decode",
  redact: "redact",
  keys: "keys",
};

interface Row {
  readonly name: string;
  /** A command of `bash`. */
  readonly command: string;
  /** What it reads. Default: nothing. */
  readonly input?: string;
  /** How it may end. Default: 0. */
  readonly code?: number;
}

const cali = (args: readonly string[]) => [...NODE, "delivery/main.ts", ...args].join(" ");
const consumerOf = (args: string) => `${NODE.join(" ")} services/consumer/src/main.ts ${args}`;
const GENERATOR = `${NODE.join(" ")} services/log-generator/src/main.ts`;

const ROWS: readonly Row[] = [
  { name: "cali --help", command: cali(["--help"]) },
  { name: "cali complete", command: cali(["complete", "bash"]) },
  ...Object.entries(CALI)
    .filter(([, args]) => args !== ASKS)
    .map(([name, args]) => ({ name: `cali ${name}`, command: cali([name, ...args]) })),
  { name: "consumer --help", command: consumerOf("--help") },
  ...Object.values(CONSUMER)
    .filter((args) => args !== ASKS)
    .map((args) => ({ name: `consumer ${args}`, command: consumerOf(args), input: LINES })),
  { name: "consumer redact --rules", command: consumerOf("redact --rules") },
  { name: "consumer knowledge ask", command: consumerOf("knowledge ask"), input: LINES },
  { name: "log-generator --help", command: `${GENERATOR} --help` },
  // What it could not write is counted as refused, and ends it with 1.
  { name: "log-generator", command: `${GENERATOR} --count 5000 --speed max`, code: 1 },
  { name: "npm run synth", command: "npm run -s synth" },
  { name: "npm run simulate", command: "npm run -s simulate -- --schedules 3" },
];

/** Of each program one: standard error may go the same way. */
const OF_BOTH = ["cali comment", "consumer keys", "log-generator"];

/** What a program writes on standard error, and its exit code as `stdout`, once the reader of its output is gone. */
async function withoutReader({ command, input = ":" }: Row, redirection: string) {
  return run("bash", [
    "-c",
    `exec 3>&1 1> >(exec true 3>&-); wait $!; ${command} ${redirection} < <(${input}) 3>&-; echo $? >&3`,
  ]);
}

describe("a program whose reader leaves", () => {
  it("has every command here", () => {
    expect(Object.keys(CALI).sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
    expect(Object.keys(CONSUMER)).toEqual(consumer().commands.map((command) => command.name()));
  });

  it.concurrent.each(ROWS)("$name", async (row) => {
    const { stdout: code, stderr } = await withoutReader(row, "");
    expect({ code, stderr }).toEqual({ code: `${row.code ?? 0}\n`, stderr: expect.any(String) });
    expect(stderr).not.toMatch(/^\s+at |Error:|node:internal/m);
  });

  it.concurrent.each(ROWS.filter(({ name }) => OF_BOTH.includes(name)))(
    "$name, and that of its standard error, too",
    async (row) => {
      expect((await withoutReader(row, "2>&1")).stdout).toBe(`${row.code ?? 0}\n`);
    },
  );
});
