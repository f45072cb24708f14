import { parseArgs } from "node:util";

const MOST_SCHEDULES = 10_000_000;
const MOST_SEED = 2 ** 32 - 1;
export const ALLOWED = `allowed:
  --schedules N   how many random schedules, 1 to ${MOST_SCHEDULES}; default 1000
  --seed S        of the first one, 0 to ${MOST_SEED}; the next has the next one; default 1
  --trace         what happens in each schedule`;

/** The command line is wrong: what was given, and what is allowed. */
export class UsageError extends Error {}

function whole(name: string, text: string, [least, most]: readonly [number, number]): number {
  const given = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (given >= least && given <= most) return given;
  throw new UsageError(
    `--${name}: given ${JSON.stringify(text)}, allowed a whole number from ${least} to ${most}`,
  );
}

/** What the command line asks for. @throws UsageError */
export function optionsOf(args: readonly string[]) {
  const text = (value: string) => ({ type: "string" as const, default: value });
  const flag = { type: "boolean" as const, default: false };
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        schedules: text("1000"),
        seed: text("1"),
        trace: flag,
      },
    });
    return {
      schedules: whole("schedules", values.schedules, [1, MOST_SCHEDULES]),
      seed: whole("seed", values.seed, [0, MOST_SEED]),
      trace: values.trace,
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
