import type { Dice } from "./dice.ts";
import { FAULTS, type Fault, type FaultWindow, PORTS, type Port } from "./network.ts";
import type { SentPayload } from "./stream.ts";

/** What happens at one time of a schedule, beside what the processes do themselves. */
export type Happening =
  | { readonly at: number; readonly do: "put"; readonly records: readonly PlannedRecord[] }
  | { readonly at: number; readonly do: "split" | "merge" | "start" | "startNotifier" | "loseCheckpoints" }
  /** Which of the processes that run then: a number modulo theirs. */
  | { readonly at: number; readonly do: "stop" | "kill"; readonly which: number }
  | { readonly at: number; readonly do: "freeze" | "setClock"; readonly which: number; readonly ms: number };

export interface PlannedRecord {
  /** Which of the open shards: a number modulo theirs. */
  readonly shard: number;
  readonly payloads: readonly SentPayload[];
  /** Whether its logs have ids, as Fluent Bit gives them. */
  readonly hasIds: boolean;
}

/** Who reads: the consumer itself, or KCL's workers with a notifier beside them. */
export const ENGINES = ["single", "kcl"] as const;
export type Engine = (typeof ENGINES)[number];

/** A whole schedule: the same seed makes the same. */
export interface Plan {
  readonly engine: Engine;
  readonly shards: number;
  /** Processes that read, at the beginning and wanted until the end; with `kcl` pods, which a notifier is beside. */
  readonly replicas: number;
  /** One file, and so one process at a time, instead of a table. */
  readonly isFile: boolean;
  readonly batchRecords: number;
  readonly bufferedBytes: number;
  readonly pollIntervalMs: number;
  /** Slack by a bot, which can change its messages, instead of a webhook. */
  readonly isBot: boolean;
  /** When the last thing happens, and the last fault ends. */
  readonly activeMs: number;
  /** In the order of their times. */
  readonly happenings: readonly Happening[];
  readonly windows: readonly FaultWindow[];
}

const MIB = 1024 * 1024;
const SERVICES = ["auth", "cart", "mail"] as const;
const DAY_MS = 86_400_000;
/** Longer than the fence is waited for: the process finds another one at work. */
const MOST_FROZEN_MS = 12_000;
/** From when records are put until they are done, in most cases. */
const MOST_UNTIL_DONE_MS = 1_500;
/** Schedules with engine `kcl`: they take about twice the time. */
const KCL_SHARE = 0.3;
/** Dead letters of a schedule, at most: twenty would make an error of their own. */
const MOST_DEAD = 4;

/** Draws a schedule. @param wanted the engine; default: any */
export function planOf(dice: Dice, wanted?: Engine): Plan {
  const drawn = dice.chance(KCL_SHARE) ? "kcl" : "single";
  const engine = wanted ?? drawn;
  const isFile = dice.chance(0.15) && engine === "single";
  const activeMs = dice.whole(1_500, 6_000);
  const at = () => dice.whole(0, activeMs);
  const given = puts(dice, at);
  // Where work is on its way: what is frozen then may write what another has done meanwhile.
  const atWork = () => dice.pick(given).at + dice.whole(0, MOST_UNTIL_DONE_MS);
  const happenings = [...given, ...troubles(dice, at, atWork, TROUBLES[engine])];
  return {
    engine,
    shards: dice.whole(1, 3),
    replicas: isFile ? 1 : dice.pick([1, 1, 2, 2, 3]),
    isFile,
    batchRecords: dice.pick([2, 7, 10_000]),
    bufferedBytes: dice.pick([12 * MIB, 64 * MIB]),
    pollIntervalMs: dice.pick([700, 1_200]),
    activeMs,
    happenings: happenings.sort((a, b) => a.at - b.at),
    windows: Array.from({ length: dice.whole(0, 4) }, () => windowOf(dice, activeMs)),
    isBot: dice.chance(0.5),
  };
}

function puts(dice: Dice, at: () => number): Happening[] {
  let dead = 0;
  const payload = (): SentPayload => {
    const level = dice.chance(0.5) ? "INFO" : dice.pick(["WARN", "ERROR", "ERROR", "FATAL"] as const);
    return { level, service: dice.pick(SERVICES) };
  };
  const record = (): PlannedRecord => {
    const isDead = dead < MOST_DEAD && dice.chance(0.06);
    if (isDead) dead++;
    const payloads = isDead
      ? [{ level: undefined }]
      : Array.from({ length: dice.chance(0.2) ? dice.whole(2, 4) : 1 }, payload);
    return { shard: dice.whole(0, 99), payloads, hasIds: dice.chance(0.3) };
  };
  return Array.from({ length: dice.whole(2, 5) }, () => ({
    at: at(),
    do: "put" as const,
    records: Array.from({ length: dice.whole(1, 4) }, record),
  }));
}

const ANY = ["kill", "kill", "stop", "start", "freeze", "freeze", "setClock", "split", "merge"] as const;
/** With `kcl` a second notifier starts, as when a pod is deleted by force; and KCL's table may be lost. */
const TROUBLES = { single: ANY, kcl: [...ANY, "startNotifier", "loseCheckpoints"] } as const;

function troubles(
  dice: Dice,
  at: () => number,
  atWork: () => number,
  kinds: readonly (typeof TROUBLES.kcl)[number][],
): Happening[] {
  const which = () => dice.whole(0, 9);
  return Array.from({ length: dice.whole(0, 4) }, (): Happening => {
    const kind = dice.pick(kinds);
    if (kind === "kill" || kind === "stop") return { at: at(), do: kind, which: which() };
    if (kind !== "freeze" && kind !== "setClock") return { at: at(), do: kind };
    if (kind === "freeze")
      return { at: atWork(), do: kind, which: which(), ms: dice.whole(500, MOST_FROZEN_MS) };
    return { at: at(), do: kind, which: which(), ms: dice.whole(-DAY_MS, DAY_MS) };
  });
}

function windowOf(dice: Dice, activeMs: number): FaultWindow {
  const port: Port = dice.pick(PORTS);
  const possible = FAULTS.filter((fault) => fault !== "rejected" || port === "slack");
  const fault: Fault = dice.pick(possible);
  const from = dice.whole(0, activeMs);
  const until = Math.min(activeMs, from + dice.whole(500, 6_000));
  return { port, fault, from, until, share: dice.pick([0.3, 0.7, 1]) };
}
