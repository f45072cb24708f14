import type { Level } from "../schema.ts";
import { traceAt } from "./draft.ts";
import { Fields } from "./fields.ts";
import { LOCAL_LEVELS, levelOfWord } from "./levels.ts";
import { errorTypeOf } from "./stack.ts";
import { leadingTime, readTime } from "./time.ts";
import type { Draft, ReadContext, TextFormat } from "./types.ts";

/** How far into a line its level may stand. */
const HEADER_LENGTH = 160;
/** Words that are a level when they are in capitals, wherever in the header. */
const CAPITALS =
  /(?<![\w./=-])(TRACE|TRAC|TRC|BLAT|DEBG|DEBUG|DBUG|DBG|INFO|INF|NOTICE|WARN|WARNING|WRN|ERROR|ERRO|ERR|SEVERE|FATAL|FATA|FTL|CRITICAL|CRIT|ALERT|EMERG|EMERGENCY|PANIC|FEHLER|WARNUNG|SCHWERWIEGEND|ERREUR|AVERTISSEMENT|ERRORE|ADVERTENCIA)(?![\w/=]|-[A-Z])/;
/** In any case with something around them that only a level has: `[error]`, `[core:error]`, `<warn>`, `| info |`, `level=error`. */
const MARKED = new RegExp(
  `(?:[[<(|{]|\\[[\\w #-]{1,60}[/:]|(?<![\\w-])(?:level|lvl|severity|loglevel)["']?[=:] ?["']?) ?(trace|trc|debug|debg|dbg|info|inf|notice|noti|warn|wrn|warning|err|erro|error|severe|fatal|ftl|critical|crit|alert|alrt|emerg|emrg|emergency|panic|${LOCAL_LEVELS})(?=[\\s\\]>)|}"',;:]|$)`,
  "i",
);
/** At the start, in any case, with a colon, a dash, a bracket or the part of the program after it: `error: …`, `Warning - …`, `warning/cli: …` (Icinga). */
const FIRST = new RegExp(
  `^(trace|debug|info|information|notice|warn|warning|error|err|severe|fatal|critical|crit|alert|emergency|panic|${LOCAL_LEVELS})(?:[\\]:：>)|]| - |/\\w{1,60}: )`,
  "i",
);

/** What yarn and others for terminals print: a word in small letters and a sentence. */
const SENTENCE = /^(trace|debug|info|warn|warning|error|fatal) (?=[A-Z"'`])/;
/** As the first word after a time. */
const AFTER_TIME =
  /^(trace|debug|info|notice|warn|warning|error|fatal|critical|panic|Trace|Debug|Info|Warn|Warning|Error|Fatal|Critical) +(?=\S)/;
/** A letter in brackets, alone or after the place in the program: `[E] …`, `db/open.go:12:Open() [E] …` (Gitea); before brackets: `E [MSGID: 7] …` (GlusterFS). */
const LETTER =
  /^(?:(?:[\w./()-]{1,200}:[0-9]{1,6}(?::[\w.()-]{1,100})? )?[[(](?=[A-Z][\])] \S)|(?=[A-Z] \[))([TDVIWEFC])[\])]? /;
/** The program and its process behind the level: `info vpxd[4711] …`. */
const PROCESS = /^([A-Za-z][\w.-]{0,62})\[[0-9]{1,10}\]:? (?=\S)/;
/** A request with its status, in an access log of any form. */
const REQUEST =
  /"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) [^"]{1,4000} HTTP\/[0-9.]{1,3}"[ ,|]{1,3}([1-5][0-9]{2})(?=[ ,|]|$)/;
/** Where such a line has its time: `… [25/Jan/2026:01:02:03 +0000] …`. */
const IN_BRACKETS = /\[([0-9]{1,4}[/-][0-9A-Za-z]{2,3}[/-][0-9]{2,4}[^\]]{8,24})\]/;
/** After the part of the program that says it: `general: error: …` (BIND), `unbound[1:0] error: …`, `InnoDB: Error: …`. */
const AFTER_PART =
  /^[\w./-]{1,60}(?:\[[0-9:]{1,20}\])?:? {1,12}(debug|info|notice|warn|warning|error|critical|fatal|Warning|Error|Fatal) ?: /;
/** A process id before the time, as NATS has it, or a prefix of Go's log: `redis: 2026/01/25 …`. */
const PREFIX =
  /^(?:\[[0-9]{1,7}\]|[0-9]{3,20}|([A-Za-z][\w.-]{0,30}):) (?=[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[ T][0-9]{2}:)/;
/** Oracle's codes, which its alert log (behind a database's name, or below another line) and its clients print without a level. https://docs.oracle.com/en/error-help/db */
const ORACLE =
  /(?:^|\n)(?:[\w$#]{1,30}\([0-9]{1,4}\):)?((?:ORA|TNS|PLS|RMAN)-(?!00000)[0-9]{2,5})(?= ?:| caused by)/;
/** What programs say without a level: `TLS Error: …`, `Options error: …`, `Database Error in model …`. */
const SOME_ERROR = /^(?:[\w./:[\]]{1,80} )?(?:[A-Z][\w/-]{0,30} ){1,3}[Ee]rror(?::| in) /;
/** Marks that programs for terminals have instead of a level. */
const MARKS: Readonly<Record<string, Level>> = { "⨯": "ERROR", "✖": "ERROR", "⚠": "WARN" };

/** A time of the day alone, which says no time. */
const CLOCK =
  /^(?:[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:[.,][0-9]{1,9})?|\[[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:[.,][0-9]{1,9})?\]) +(?=\S)/;
/** The bar that Terraform draws beside what it reports. */
const FRAME = /^│ (?=\S)/;
/** What may stand before a level and says nothing of what happened: brackets, a process, pairs, bars. */
const BEFORE_LEVEL =
  /^(?:\[[^\]]{1,100}\] *|(?:[0-9]{1,10}|[\w.]{1,40}=[^\s"]{1,100}|[|-]) +){1,12}[[(<|]? ?$/;

/** Text in no format that is known: a time at its start, before its level or behind it, when they are there. */
export const plain: TextFormat = {
  name: "text",
  read(head, below, context) {
    const draft: Draft = { format: "text", message: head, stack: below.slice(1) };
    let text = withoutTime(withoutPrefix(head.replace(CLOCK, "")).replace(FRAME, ""), draft, context);
    const level = levelInText(text);
    if (level !== undefined) {
      draft.level = level.level;
      draft.levelSource = "text";
      const before = text.slice(0, level.start);
      const isHeader = BEFORE_LEVEL.test(before);
      if (isHeader) {
        const trace = traceIn(before);
        if (trace !== undefined) draft.traceId = trace;
      }
      // Only a level that begins the text is not part of what it says.
      if (isHeader || /^[^\w\s]? ?$/.test(before)) {
        const rest = text.slice(level.end).replace(/^(?:\/\w{1,60}: |[\s\]>)|:：,!-]{1,8})/, "");
        text = withoutLogger(draft.time === undefined ? withoutTime(rest, draft, context) : rest) || text;
      }
    }
    const found =
      draft.time === undefined
        ? undefined
        : (AFTER_TIME.exec(text) ?? AFTER_PART.exec(text) ?? LETTER.exec(text) ?? undefined);
    const [said = "", word] = draft.level === undefined && found !== undefined ? found : [];
    if (draft.time !== undefined && (word ?? draft.level) !== undefined) {
      const program = PROCESS.exec(text.slice(said.length))?.[1];
      if (program !== undefined) draft.service = program;
    }
    if (word?.length === 1) text = text.slice(said.length);
    const oracle = ORACLE.exec(below === "" ? text : text + below.slice(0, 20_000))?.[1];
    if (oracle !== undefined) draft.errorCode = oracle;
    const mark = MARKS[text[0] ?? ""];
    if (mark !== undefined) text = text.slice(1).trimStart() || text;
    if (draft.level === undefined) {
      const isError = oracle !== undefined || SOME_ERROR.test(text);
      const stated = word === undefined ? (mark ?? (isError ? "ERROR" : undefined)) : levelOfWord(word);
      if (stated !== undefined) Object.assign(draft, { level: stated, levelSource: "text" });
    }
    if (draft.level === undefined) readRequest(head, draft, context);
    draft.message = text;
    const type = errorTypeOf(text) ?? (below === "" ? undefined : errorTypeOf(below.slice(1).trimStart()));
    if (type !== undefined) draft.errorType = type;
    return draft;
  },
} satisfies TextFormat;

function withoutPrefix(text: string): string {
  const [whole = "", word = ""] = PREFIX.exec(text) ?? [];
  // A level is read where it stands.
  return levelOfWord(word) === undefined ? text.slice(whole.length) : text;
}

/** What an access log of any form says: the status of a request, and when it was. */
function readRequest(head: string, draft: Draft, context: ReadContext): void {
  const status = REQUEST.exec(head)?.[1];
  if (status === undefined) return;
  draft.status = Number(status);
  draft.time ??= readTime(IN_BRACKETS.exec(head)?.[1], context);
}

/** The trace among a header's pairs. */
function traceIn(header: string): string | undefined {
  if (!header.includes("=")) return undefined;
  const pairs = [...header.matchAll(/([\w.]{1,40})=([^\s\]]{1,128})/g)].map(([, key = "", value]) => [
    key,
    value,
  ]);
  return new Fields(Object.fromEntries(pairs)).first("trace_id", traceAt);
}

/** Notes the time at a text's start. @returns the text without it, unless it is all there is */
function withoutTime(text: string, draft: Draft, context: ReadContext): string {
  const found = leadingTime(text, context);
  if (found === undefined) return text;
  draft.time = found.time;
  const rest = text.slice(found.end).replace(/^[\s,;|:\]-]{1,8}(?=\S)/, "");
  return rest.trim() === "" ? text : rest;
}

/** The first level that a text names, and where. A word such as `error` within a sentence is none. */
export function levelInText(whole: string): { level: Level; start: number; end: number } | undefined {
  const text = whole.slice(0, HEADER_LENGTH);
  const first = FIRST.exec(text);
  const found = [first, SENTENCE.exec(text), MARKED.exec(text), CAPITALS.exec(text)]
    .filter((one) => one !== null)
    .sort((a, b) => a.index - b.index)[0];
  const word = found?.[1];
  const level = word === undefined ? undefined : levelOfWord(word.toLowerCase());
  if (found === undefined || word === undefined || level === undefined) return undefined;
  const start = found.index + found[0].indexOf(word);
  return { level, start, end: start + word.length };
}

/** `[main] com.shop.Pay - message` without what is before the message. */
function withoutLogger(text: string): string {
  if (errorTypeOf(text) !== undefined) return text;
  const found =
    /^(?:\[[^\]]{1,100}\] ?)?[A-Za-z_$][\w$]{0,59}(?:\.[\w$]{1,60}){1,10}(?::[0-9]+)? ?(?:-|:) (?=\S)/.exec(
      text,
    );
  return found === null ? text : text.slice(found[0].length);
}
