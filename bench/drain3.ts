import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { MASKS } from "../services/consumer/src/group/masks.ts";
import { TemplateMiner } from "../services/consumer/src/group/template-miner.ts";

/** Lines of each set, which has a miner, or a tree, of its own. */
export type Sets = Record<string, string[]>;
/** The group of each line. */
export type Groups = Record<string, (string | number)[]>;

/** A Python that has drain3 0.9.11: bench/README.md says how to make it. */
const PYTHON = process.env.DRAIN3_PYTHON ?? join(import.meta.dirname, ".venv/bin/python");
export const NO_DRAIN3 = "drain3: DRAIN3_PYTHON or bench/.venv is no Python that has it";

export const hasDrain3 = (): boolean => spawnSync(PYTHON, ["-c", "import drain3"]).status === 0;

/** Masks and mines with the consumer's own miner. @returns seconds of CPU, and the group that each line belongs to in the end */
export function mine(sets: Sets): { cpu: number; groups: Groups } {
  const miner = new TemplateMiner();
  const groups: Groups = {};
  const before = process.cpuUsage();
  for (const [name, lines] of Object.entries(sets))
    groups[name] = lines.map((line) => miner.add(name, line, 1).fingerprint);
  const { user, system } = process.cpuUsage(before);
  for (const [name, own] of Object.entries(groups))
    groups[name] = own.map((one) => miner.resolve(String(one)));
  return { cpu: (user + system) / 1e6, groups };
}

/** The same with Python's drain3, with the same masks. @throws Error with what Python says */
export function mineWithDrain3(sets: Sets): { cpu: number; groups: Groups } {
  const masks = MASKS.map(({ pattern, placeholder }) => ({ pattern, placeholder }));
  const run = spawnSync(PYTHON, [join(import.meta.dirname, "drain_peer.py")], {
    input: JSON.stringify({ masks, sets, rounds: 1 }),
    maxBuffer: 1 << 30,
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`${PYTHON}: ${run.error?.message ?? run.stderr}`);
  const { rounds, groups } = JSON.parse(run.stdout) as { rounds: { cpu: number }[]; groups: Groups };
  return { cpu: rounds[0]?.cpu ?? Number.NaN, groups };
}
