import { LOG_SETS, logSet } from "../services/consumer/test/support/log-sets.ts";
import { hasDrain3, mine, mineWithDrain3, NO_DRAIN3 } from "./drain3.ts";
import { atLeastTimes, type Benchmark, growsLinearly } from "./frame.ts";

/**
 * How many lines are masked and mined for each second of CPU, beside Python's drain3 with its defaults, the same masks and the same
 * lines, in the manner of seven well-known sets.
 */
export const benchmark: Benchmark = {
  name: "drain",
  unit: "lines per second of CPU",
  better: "more",
  size: "lines",
  sizes: [14_000, 70_000, 210_000],
  rounds: 3,
  growth: "time",
  targets: [atLeastTimes(5, "drain3"), growsLinearly("CALI")],
  open(size) {
    const each = size / LOG_SETS.length;
    const sets = Object.fromEntries(
      LOG_SETS.map((name) => [name, logSet(name, each, 2).map(({ text }) => text)]),
    );
    const isHere = hasDrain3();
    mine(sets);
    return {
      contenders: {
        CALI: () => size / mine(sets).cpu,
        ...(isHere && { drain3: () => size / mineWithDrain3(sets).cpu }),
      },
      ...(!isHere && { absent: [NO_DRAIN3] }),
    };
  },
};
