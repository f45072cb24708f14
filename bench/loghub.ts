import { readFileSync } from "node:fs";
import { join } from "node:path";
import { identityOf } from "../services/consumer/src/group/identity.ts";
import { TemplateMiner } from "../services/consumer/src/group/template-miner.ts";
import { groupingAccuracy } from "../services/consumer/test/support/log-sets.ts";
import { logRecord } from "../services/consumer/test/support/records.ts";

/**
 * How well real logs are grouped: the sixteen labelled sets of 2,000 lines of https://github.com/logpai/loghub, which LOGHUB names
 * the folder of, with one configuration and no mask made for a set. Lines come one by one; a line belongs in the end to the template
 * that its own became one with.
 */
const SETS =
  "Android Apache BGL HDFS HPC Hadoop HealthApp Linux Mac OpenSSH OpenStack Proxifier Spark Thunderbird Windows Zookeeper";

const folder = process.env.LOGHUB;
if (folder === undefined) {
  throw new Error("LOGHUB: given nothing, allowed the folder of a clone of https://github.com/logpai/loghub");
}

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

const scores = SETS.split(" ").map((set) => {
  const rows = rowsOf(readFileSync(join(folder, set, `${set}_2k.log_structured.csv`), "utf8"));
  return {
    set,
    lines: rows.length,
    words: accuracyOf(rows, () => ""),
    identity: accuracyOf(rows, (message) => identityOf(logRecord({ message }))),
  };
});
const mean = (of: "words" | "identity") => scores.reduce((sum, score) => sum + score[of], 0) / scores.length;
console.table(
  Object.fromEntries(
    [...scores, { set: "mean", lines: "", words: mean("words"), identity: mean("identity") }].map(
      ({ set, lines, words, identity }) => [
        set,
        { lines, "by words": words.toFixed(3), "and by identity": identity.toFixed(3) },
      ],
    ),
  ),
);
