import { LOCAL_LEVELS } from "./levels.ts";
import { pattern } from "./pattern.ts";
import { readTime } from "./time.ts";
import type { JsonFormat, TextFormat } from "./types.ts";

const CSV_FIELD = '(?:"(?:[^"]|"")*"|[^",]*),';
/** PostgreSQL's csvlog: severity, SQLSTATE and message are the 12th to 14th field. */
const CSV = new RegExp(
  `^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15} [A-Z0-9+-]{2,6}),(?:${CSV_FIELD}){10}(?<level>[A-Z]{3,9}[1-5]?),(?<code>[0-9A-Z]{5}),(?:"(?<message>(?:[^"]|"")*)(?:"|$)|)`,
);

/**
 * `2026-01-25 01:02:03.456 UTC [123] user@db ERROR:  42P01: relation "x" does not exist`. LOG is what happens; SQLSTATE with `verbose`.
 * The client may come before the time, and the level is in the server's language.
 */
export const postgresql = pattern(
  "postgresql",
  [
    CSV,
    new RegExp(
      `^(?:[0-9a-fA-F.:]{3,45} )?(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,12}(?: [A-Z]{2,5}|[+-][0-9:]{2,6})?)[: ]?(?:[^[\\]]{0,100}:)?\\[[0-9]+(?:-[0-9]+)?\\]:? ?(?:[^:"]{0,200} )?(?<level>DEBUG[1-5]?|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC|STATEMENT|DETAIL|HINT|CONTEXT|${LOCAL_LEVELS}): {1,2}(?:(?<code>[0-9A-Z]{5}): )?(?<message>.*)$`,
    ),
  ],
  {
    more(draft) {
      if (draft.errorCode === "00000") delete draft.errorCode;
      if (draft.message?.includes('""')) draft.message = draft.message.replaceAll('""', '"');
    },
  },
);

const SEVERITY =
  "DEBUG[1-5]|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC|STATEMENT|DETAIL|HINT|CONTEXT|QUERY|LOCATION";
const ANY_PREFIX = new RegExp(
  `^<?(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,12}(?: [A-Z]{2,5})?)(?:[^"]{0,300}?[\\] :>-])?(?<level>${SEVERITY}): {2}(?<message>\\S.*)$`,
);
const prefixed = pattern("postgresql", [ANY_PREFIX]);

/** The same behind any `log_line_prefix` that begins with the time: two blanks after the severity are PostgreSQL's. */
export const postgresqlPrefixed: TextFormat = {
  name: "postgresql",
  read: (head, below, context) =>
    head.includes(":  ") && /^<?[0-9]/.test(head) ? prefixed.read(head, below, context) : undefined,
};

/** jsonlog: the application is the client's, and not what logs. https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-JSONLOG */
export const postgresqlJson: JsonFormat = {
  name: "postgresql",
  matches: (fields) => fields.has("errorseverity", "backendtype"),
  read(_fields, draft) {
    delete draft.service;
  },
};

/** MySQL 8 (`time thread [ERROR] [MY-010119] [Server] message`), MariaDB, MySQL 5. */
export const mysql = pattern("mysql", [
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]{1,2} ?[0-9:.]{7,15}(?:Z|[+-][0-9:]{5})?) [0-9]+ \[(?<level>System|Note|Warning|ERROR|Error)\] (?:\[(?<code>MY-[0-9]{6})\] \[[^\]]{1,60}\] )?(?<message>.*)$/,
  /^(?<time>[0-9]{6} {1,2}[0-9:]{7,8}) (?:[0-9]+ )?\[(?<level>Note|Warning|ERROR)\] (?<message>.*)$/,
]);

/**
 * MySQL's slow query log: comments with the time, the user and how long it took, then the statement, which is the message.
 * Source: https://dev.mysql.com/doc/refman/8.4/en/slow-query-log.html
 */
export const mysqlSlow: TextFormat = {
  name: "mysql-slow",
  read(head, below, context) {
    if (!SLOW.test(head) || !below.includes("\n# Query_time: ")) return undefined;
    const time = /^# Time: (.{10,40})$/.exec(head)?.[1];
    const lines = below.slice(1, LONGEST_SLOW).split("\n");
    const first = lines.findIndex((line) => !/^(?:#|SET timestamp=|use )/.test(line) && line.trim() !== "");
    return {
      format: "mysql-slow",
      level: "WARN",
      levelSource: "text",
      time: readTime(time, context) ?? readTime(/\nSET timestamp=([0-9]{10})/.exec(below)?.[1], context),
      message: lines[first] ?? head,
      stack: `${head}${below}`,
    };
  },
};

const SLOW = /^# (?:Time: |User@Host: )/;
const LONGEST_SLOW = 20_000;

/** SQL Server's error log: `2026-01-25 01:02:03.45 spid51      Error: 18456, Severity: 14, State: 8.` */
export const sqlServer = pattern(
  "sql-server",
  [
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,12}) (?:spid[0-9]{1,5}s?|Logon|Server|Backup) +(?<message>Error: (?<code>[0-9]{1,6}), Severity: (?<severity>[0-9]{1,2}), State: .*)$/,
  ],
  {
    more(draft, groups) {
      // https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-error-severities
      const severity = Number((groups as Record<string, string>).severity);
      draft.level = severity >= 20 ? "FATAL" : severity > 10 ? "ERROR" : "INFO";
      draft.levelSource = "record";
    },
  },
);

/** `1:M 25 Jan 2026 01:02:03.456 # message`; # is a warning, * a notice, - verbose, . debug. */
export const redis = pattern(
  "redis",
  [
    /^[0-9]+:[XCSM] (?<time>[0-9]{2} [A-Z][a-z]{2} (?:[0-9]{4} )?[0-9:.]{8,12}) (?<sign>[.\-*#]) (?<message>.*)$/,
    // With the process in brackets, and before version 3 without a role or even without a process.
    /^\[[0-9]{1,10}(?::[XCSM])?\] (?<time>[0-9]{2} [A-Z][a-z]{2} (?:[0-9]{4} )?[0-9:.]{8,12}) (?<sign>[.\-*#]) (?<message>.*)$/,
    /^(?<time>[0-9]{2} [A-Z][a-z]{2} [0-9:.]{8,12}) (?<sign>[.\-*#]) (?<message>.*)$/,
  ],
  {
    more(draft, groups) {
      const sign = (groups as Record<string, string>).sign ?? "";
      draft.level = sign === "#" ? "WARN" : sign === "*" ? "INFO" : "DEBUG";
      draft.levelSource = "record";
    },
  },
);

/** MongoDB before 4.4: `2026-01-25T01:02:03.456+0000 E QUERY    [conn1] message`. */
export const mongodbText = pattern("mongodb-text", [
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}(?:Z|[+-][0-9]{4})) (?<level>[FEWID])[1-5]? +[A-Z_-]{1,12} +(?:\[[^\]]{1,100}\] )?(?<message>.*)$/,
]);

/** Couchbase: `[ns_server:error,2026-01-25T01:02:03.456Z,ns_1@node:process:module:function:1]message`. */
export const couchbase = pattern("couchbase", [
  /^\[[a-z_]{2,30}:(?<level>[a-z]{4,8}),(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}(?:Z|[+-][0-9:]{5})),[^\]]{1,300}\] ?(?<message>.*)$/,
]);

/** CouchDB: `[error] time node process request message`; a dash for eight digits is no request. */
export const couchDb = pattern("couchdb", [
  /^\[(?<level>[a-z]{4,9})\] (?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z) [^\s@]{1,100}@\S{1,100} \S{1,60} (?:-{8}|(?<trace>[0-9a-f]{10})) (?<message>.*)$/,
]);

/** SAP HANA's trace files: `[thread]{connection}[transaction] time letter component file(line) : message`. */
export const sapHana = pattern("sap-hana", [
  /^\[[0-9]{1,10}\]\{-?[0-9]{1,12}\}\[-?[0-9]{1,12}\/-?[0-9]{1,20}\] (?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15}) (?<level>[defiw]) (?<service>\S{1,60}) +\S{1,200}\([0-9]{1,6}\) : (?<message>.*)$/,
]);
