import { readLevel } from "./levels.ts";
import { pattern } from "./pattern.ts";
import { readTime } from "./time.ts";

/** WebLogic: `####<time> <Level> <Subsystem> <host> <server> … <BEA-001112> <message>`, on the console with fewer parts. */
export const webLogic = pattern("weblogic", [
  /^(?:####)?<(?<time>[A-Z][a-z]{2} [0-9]{1,2}, [0-9]{4},? [^>]{7,40})> <(?<level>[A-Z][a-z]{3,9})> (?:<[^>]{0,200}>{1,2} ){1,12}<(?<code>BEA-[0-9]{6})> <(?<message>.*?)>? ?$/,
]);

/** WebSphere's letters that mean another thing elsewhere: A is an audit message, O and R are standard output and error. */
const LETTERS: Readonly<Record<string, string>> = { A: "INFO", C: "INFO", O: "INFO", R: "ERROR" };
const AT = /^([0-9]{1,2})\/([0-9]{1,2})\/([0-9]{2}),? ([0-9:]{7,8}):([0-9]{3}) ([A-Z]{2,5})$/;

/**
 * WebSphere and Liberty: `[1/25/26 1:02:03:456 UTC] 0000007a component E CODE: message`. The day is written as in the United States.
 * Source: https://www.ibm.com/docs/en/was/9.0.5?topic=data-log-record-message-formats
 */
export const webSphere = pattern(
  "websphere",
  [
    /^\[(?<stamp>[0-9]{1,2}\/[0-9]{1,2}\/[0-9]{2},? [0-9:]{11,12} [A-Z]{2,5})\] [0-9a-f]{8} (?<logger>\S{1,100}) +(?<letter>[FEWAIOCDRZ123<>]) +(?<message>(?:(?<code>[A-Z]{4,8}[0-9]{4}[A-Z]): )?.*)$/,
  ],
  {
    more(draft, groups, context) {
      const { stamp = "", letter = "" } = groups as Record<string, string>;
      const [, month, day, year, clock, ms, zone] = AT.exec(stamp) ?? [];
      draft.time = readTime(`20${year}/${month}/${day} ${clock}.${ms} ${zone}`, context);
      draft.level = readLevel(LETTERS[letter] ?? letter) ?? "DEBUG";
      draft.levelSource = "record";
    },
  },
);

/** The Java VM's own warnings. */
export const javaVm = pattern("java-vm", [
  // Unified logging: [time or uptime][level][tags], what of these is chosen.
  /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.,]{8,12}[+-][0-9]{4})\](?:\[[0-9.,]{1,15}m?s\])?(?:\[[0-9]{1,10}\]){0,2}(?:\[(?<level>trace|debug|info|warning|error) *\])?\[[a-z0-9]{1,20}(?:,[a-z0-9]{1,20}){0,6} *\] (?<message>.*)$/,
  /^\[[0-9.,]{1,15}m?s\](?:\[[0-9]{1,10}\]){0,2}\[(?<level>trace|debug|info|warning|error) *\](?:\[[a-z0-9]{1,20}(?:,[a-z0-9]{1,20}){0,6} *\])? (?<message>.*)$/,
  /^(?:OpenJDK|Java HotSpot\(TM\))[^:]{0,40} VM (?<level>warning|info|error): (?<message>.*)$/,
]);
