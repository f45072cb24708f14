import { parseArgs } from "node:util";

const MOST_SCHEDULES = 10_000_000;
const MOST_SEED = 2 ** 32 - 1;
const MOST_SHARDS = 10_000;
export const ALLOWED = `allowed:
  --schedules N   how many random schedules, 1 to ${MOST_SCHEDULES}; default 1000
  --seed S        of the first one, 0 to ${MOST_SEED}; the next has the next one; default 1
  --trace         what happens in each schedule
  --day           instead of schedules: what a day costs in calls, from one shard to…
  --shards N      …so many, 1 to ${MOST_SHARDS}; default 1000
  --hours H       hours of that day, 1 to 24; default 24`;

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
        day: flag,
        shards: text("1000"),
        hours: text("24"),
      },
    });
    return {
      schedules: whole("schedules", values.schedules, [1, MOST_SCHEDULES]),
      seed: whole("seed", values.seed, [0, MOST_SEED]),
      shards: whole("shards", values.shards, [1, MOST_SHARDS]),
      hours: whole("hours", values.hours, [1, 24]),
      trace: values.trace,
      day: values.day,
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
