import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../test/support/run.ts";
import { atLeastTimes, type Benchmark } from "./frame.ts";

const ROOT = join(import.meta.dirname, "..");
const NODE = [process.execPath, "--disable-warning=ExperimentalWarning"] as const;
const CDKTF = join(ROOT, "node_modules/.bin/cdktf");

/** How long `npm run synth` takes, Node's start included, beside the cdktf command, which starts the same program and then looks at what it wrote. */
export const benchmark: Benchmark = {
  name: "synth",
  unit: "ms",
  better: "less",
  size: "environment",
  sizes: [0, 1],
  labels: ["dev", "prod"],
  rounds: 3,
  targets: [atLeastTimes(5, "cdktf synth")],
  open(size) {
    const folder = mkdtempSync(join(tmpdir(), "cali-bench-synth-"));
    const environment = { CALI_ENV: size === 0 ? "dev" : "prod" };
    const timed = async (command: string, args: readonly string[], env: Record<string, string>) => {
      const began = performance.now();
      const { code, stderr } = await run(command, args, { cwd: ROOT, env: { ...environment, ...env } });
      if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
      return performance.now() - began;
    };
    const own = join(folder, "cali");
    return {
      contenders: {
        CALI: () => timed(NODE[0], [NODE[1], "main.ts", "--summary"], { CDKTF_OUTDIR: own }),
        "cdktf synth": () => timed(CDKTF, ["synth", "--output", join(folder, "cdktf")], {}),
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
