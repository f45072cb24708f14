import { readFileSync } from "node:fs";
import { join } from "node:path";
import { identityOf } from "../services/consumer/src/group/identity.ts";
import { TemplateMiner } from "../services/consumer/src/group/template-miner.ts";
import { groupingAccuracy } from "../services/consumer/test/support/log-sets.ts";
import { logRecord } from "../services/consumer/test/support/records.ts";
import { Absent, type Benchmark, type Result } from "./frame.ts";

const SETS =
  "Android Apache BGL HDFS HPC Hadoop HealthApp Linux Mac OpenSSH OpenStack Proxifier Spark Thunderbird Windows Zookeeper".split(
    " ",
  );
/** Drain as published, with masks made for each set, has 0.866 in the mean. */
const LEAST_MEAN = 0.89;

/** Rows of a CSV file without line ends in its fields, by the names in its first row. */
function rowsOf(text: string): Record<string, string>[] {
  const [head = [], ...rows] = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) =>
      [...line.matchAll(/(?<=^|,)(?:"((?:[^"]|"")*)"|([^,]*))(?=,|$)/g)].map(
        ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "",
      ),
    );
  return rows.map((row) => Object.fromEntries(head.map((name, place) => [name, row[place] ?? ""])));
}

function accuracyOf(rows: Record<string, string>[], identify: (message: string) => string): number {
  const miner = new TemplateMiner();
  const first = rows.map(
    ({ Content = "" }, at) => miner.add("s", Content, at, identify(Content)).fingerprint,
  );
  const numbers = new Map([...new Set(rows.map(({ EventId }) => EventId))].map((id, number) => [id, number]));
  return groupingAccuracy(
    rows.map(({ EventId }) => numbers.get(EventId) ?? -1),
    first.map((fingerprint) => miner.resolve(fingerprint)),
  );
}

const meanOf = ({ rows }: Result) => {
  const own = rows.filter(({ contender }) => contender === "CALI, by words");
  return own.reduce((sum, { median }) => sum + median, 0) / own.length;
};

/**
 * How well real logs are grouped: the sixteen labelled sets of 2,000 lines of https://github.com/logpai/loghub, which LOGHUB names
 * the folder of, with one configuration and no mask made for a set. Lines come one by one; a line belongs in the end to the template
 * that its own became one with.
 */
export const benchmark: Benchmark = {
  name: "loghub",
  unit: "accuracy",
  better: "more",
  size: "set",
  sizes: SETS.map((_, place) => place),
  labels: SETS,
  rounds: 1,
  targets: [
    {
      says: `${LEAST_MEAN} by words in the mean of the sets`,
      isReached: (result) => meanOf(result) >= LEAST_MEAN,
    },
  ],
  open(place) {
    const folder = process.env.LOGHUB;
    if (folder === undefined)
      throw new Absent(
        "LOGHUB: given nothing, allowed the folder of a clone of https://github.com/logpai/loghub",
      );
    const set = SETS[place] ?? "";
    const rows = rowsOf(readFileSync(join(folder, set, `${set}_2k.log_structured.csv`), "utf8"));
    return {
      contenders: {
        "CALI, by words": () => accuracyOf(rows, () => ""),
        "CALI, and by identity": () => accuracyOf(rows, (message) => identityOf(logRecord({ message }))),
      },
    };
  },
};
