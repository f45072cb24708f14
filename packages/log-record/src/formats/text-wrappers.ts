import { isObject, jsonOf } from "./fields.ts";
import { levelOfWord, readLevel } from "./levels.ts";
import { isTimeAlone, readTime } from "./time.ts";
import type { Draft, ReadContext } from "./types.ts";

/** A log as text within another line: what is around it, and where it begins. */
export interface Wrapper {
  readonly name: string;
  read(head: string, context: ReadContext): { start: number; outer: Partial<Draft> } | undefined;
}

const CRI =
  /^(\d{4}-\d{2}-\d{2}T[0-9:.]{8,20}(?:Z|[+-]\d{2}:\d{2})) (?:stdout|stderr) [FP](?::[\w:]{0,20})? /;

/** What the container runtime writes: time, stream, F or P, text. */
export const cri: Wrapper = {
  name: "cri",
  read(head, context) {
    const found = CRI.exec(head);
    return found === null ? undefined : { start: found[0].length, outer: timeOf(found[1], context) };
  },
};

const RFC_5424 =
  /^(?:\d{1,6} )?<(\d{1,3})>1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (?:\S{1,32} (?:-|\[(?:[^\]\\]|\\.){1,4000}\](?:\[(?:[^\]\\]|\\.){1,4000}\])*)|-)(?: \ufeff?|$)/;
/** What some call RFC 5424, without structured data. */
const NEARLY_5424 =
  /^<(\d{1,3})>1 (\d{4}-\d{2}-\d{2}T\S{8,30}) (\S{1,255}) (\S{1,48}) \S{1,128} \S{1,32} (?=\S)/;
const RFC_3164 =
  /^(?:<(\d{1,3})>)?([A-Z][a-z]{2} {1,2}[0-3]?\d (?:\d{4} )?\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?|\d{4}-\d{2}-\d{2}T[0-9:.]{8,18}(?:Z|[+-]\d{2}:?\d{2})) (?!(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL) )([\w.:-]{1,255})(?<!:) ([\w./@-]{1,128}(?:(?: [A-Z]\w{1,30}){1,3}(?=\[))?)(?:\((?:[^)]{0,60})\))?(?:\[[\w.-]{1,32}\](?: \([^)]{0,100}\))?)?(?: [0-9][0-9.]{1,20})?:(?![0-9]) ?/;
/** What glibc's syslog() sends and `journalctl --no-hostname` prints: without a host, so the process or the priority has to be there. */
const WITHOUT_HOST =
  /^(?:<(\d{1,3})>)?([A-Z][a-z]{2} {1,2}[0-3]?\d \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?) {1,2}([\w./@-]{1,128})(\[\d{1,10}\])?: ?/;

/** RFC 5424 (Heroku's drains leave its structured data out) and, before it, RFC 3164. Severity, application and host are the header's; the text may be any format. */
export const syslog: Wrapper = {
  name: "syslog",
  read(head, context) {
    const five = RFC_5424.exec(head);
    if (five !== null) {
      const [whole, priority, time, host, app, process = ""] = five;
      // Heroku's drains have the dyno in the place of the process.
      const isDrain = host === "host" && (app === "app" || app === "heroku") && /^[a-z]/.test(process);
      const dyno = isDrain ? process.replace(/\.\w+$/, "") : undefined;
      const service = dyno === undefined ? app : app === "app" ? dyno : `heroku-${dyno}`;
      return {
        start: whole.length,
        outer: header(priority, time, dyno === undefined ? host : process, service, context),
      };
    }
    const nearly = NEARLY_5424.exec(head);
    if (nearly !== null) {
      const [{ length }, priority, time, host, app] = nearly;
      return { start: length, outer: header(priority, time, host, app, context) };
    }
    const bare = WITHOUT_HOST.exec(head);
    if (bare !== null && (bare[1] !== undefined || bare[4] !== undefined)) {
      const [whole, priority, time, tag] = bare;
      return { start: whole.length, outer: header(priority, time, undefined, tag, context) };
    }
    const three = RFC_3164.exec(head);
    if (three === null) return tagless(head, context);
    const [whole, priority, time, host, tag] = three;
    // A level in the host's place: the line is of another format.
    if (/^(?:[A-Z]{4,}|[a-z]{4,}:)$/.test(host ?? "") && levelOfWord(host ?? "") !== undefined)
      return undefined;
    // Cisco counts its lines there.
    const service = /^\d+$/.test(tag ?? "") ? undefined : tag;
    return { start: whole.length, outer: header(priority, time, host, service, context) };
  },
};

const TAGLESS =
  /^(?:<(\d{1,3})>)?([A-Z][a-z]{2} {1,2}[0-3]?\d (?:\d{4} )?\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[+-]\d{4})?) ([\w.-]{1,255})(?: :)? (?=\S)/;
/** How a device's own text begins. */
const DEVICE = /^(?:CEF: ?[01]\||LEEF:[12]|%[A-Z])/;

/** A router's: the message follows the host, and there may be a year. Without a priority it has to be a device's own form. */
function tagless(head: string, context: ReadContext) {
  const found = TAGLESS.exec(head);
  if (found === null) return undefined;
  const [{ length }, priority, time, host] = found;
  if (priority === undefined && !DEVICE.test(head.slice(length, length + 8))) return undefined;
  return { start: length, outer: header(priority, time, host, undefined, context) };
}

/** What systemd takes for a priority before a line of standard output: `<3>message`. .NET's systemd console writes it. */
export const sdDaemon: Wrapper = {
  name: "sd-daemon",
  read(head) {
    const level = /^<([0-7])>(?=[^\s[])/.exec(head)?.[1];
    const read = level === undefined ? undefined : readLevel(Number(level), "syslog");
    return read === undefined ? undefined : { start: 3, outer: { level: read } };
  },
};

/** Thunderbird's and other clusters' collected syslog: a tag or -, seconds, date, node, the line as it was. */
export const collected: Wrapper = {
  name: "collected",
  read(head, context) {
    const found =
      /^(?:-|[A-Z][A-Z0-9_]{1,30}) (1[0-9]{9}) \d{4}\.\d{2}\.\d{2} (\S{1,100}) (?:[A-Z][a-z]{2} {1,2}\d{1,2} \d{2}:\d{2}:\d{2} )(?:\S{1,200} )?([\w./-]{1,60})(?:\([^)\s]{1,60}\))?(?:\[\d{1,10}\])?: /.exec(
        head,
      );
    if (found === null) return undefined;
    const [{ length }, time, podName = "", service = ""] = found;
    return { start: length, outer: { ...timeOf(time, context), timeSource: "record", podName, service } };
  },
};

/** A time on a line of its own, above what happened then: Oracle's alert log. */
export const timed: Wrapper = {
  name: "timed",
  read(head, context) {
    const end = head.indexOf("\n");
    if (end === -1 || !isTimeAlone(head.slice(0, end))) return undefined;
    return { start: end + 1, outer: { ...timeOf(head.slice(0, end).trim(), context), timeSource: "record" } };
  },
};

function header(
  priority: string | undefined,
  time: string | undefined,
  host: string | undefined,
  app: string | undefined,
  context: ReadContext,
): Partial<Draft> {
  const level = priority === undefined ? undefined : readLevel(Number(priority) % 8, "syslog");
  const outer: Partial<Draft> = { ...timeOf(time, context), timeSource: "record" };
  if (level !== undefined) outer.level = level;
  if (app !== undefined && app !== "-") outer.service = app;
  if (host !== undefined && host !== "-") outer.podName = host;
  return outer;
}

const HEROKU = /^(\d{4}-\d{2}-\d{2}T[0-9:.]{8,18}(?:Z|[+-]\d{2}:\d{2})) (app|heroku)\[([\w.-]{1,60})\]: /;

/** `heroku logs`: time, who writes, the dyno. */
export const heroku: Wrapper = {
  name: "heroku",
  read(head, context) {
    const found = HEROKU.exec(head);
    if (found === null) return undefined;
    const [whole, time, source, dyno = ""] = found;
    const service = source === "app" ? dyno.replace(/\.\w+$/, "") : `heroku-${dyno}`;
    return {
      start: whole.length,
      outer: { ...timeOf(time, context), timeSource: "record", service, podName: dyno },
    };
  },
};

const COMPOSE = /^([a-z0-9][\w.-]{0,62}?)(?:[-_]\d{1,3})? {1,40}\| {1,20}(?=\S)/;
const PM2 = /^(?:\d{2}:\d{2}:\d{2} )?\d{1,4}\|([\w.-]{1,62}) *\| (?=\S)/;
const KUBECTL = /^\[pod\/([\w.-]{1,253})\/([\w.-]{1,63})\] /;

/** The prefixes of `docker compose logs`, `kubectl logs --prefix` and `pm2 logs`. */
export const prefixed: Wrapper = {
  name: "prefixed",
  read(head) {
    const pod = KUBECTL.exec(head);
    if (pod !== null)
      return { start: pod[0].length, outer: { podName: pod[1] as string, service: pod[2] as string } };
    const compose = COMPOSE.exec(head) ?? PM2.exec(head);
    return compose === null
      ? undefined
      : { start: compose[0].length, outer: { service: compose[1] as string } };
  },
};

/** A time alone before JSON or logfmt: `docker logs -t`, `kubectl logs --timestamps`, agents that put theirs first. Words may be between, such as a host or a level. */
export const stamped: Wrapper = {
  name: "stamped",
  read(head, context) {
    const found =
      /^(\d{4}-\d{2}-\d{2}[T _][0-9:.,]{8,20}(?:Z|[+-]\d{2}:\d{2})?)((?: +[^\s{}"=]{1,100}){0,3}) +(?=\{ *"|(?:level|lvl|time|ts|t|msg)=)/.exec(
        head,
      );
    if (found === null) return undefined;
    const [{ length }, time, words = ""] = found;
    const outer = timeOf(time, context);
    // What is no JSON is a message, words and all.
    if (words !== "" && !isObject(jsonOf(head.slice(length)))) return undefined;
    const level = words
      .split(/ +/)
      .map(levelOfWord)
      .find((one) => one !== undefined);
    return {
      start: length,
      // With a level it is the program's own header, and not an agent's.
      outer: level === undefined ? outer : { ...outer, level, timeSource: "record" },
    };
  },
};

function timeOf(text: string | undefined, context: ReadContext): Partial<Draft> {
  const time = readTime(text, context);
  return time === undefined ? {} : { time };
}
