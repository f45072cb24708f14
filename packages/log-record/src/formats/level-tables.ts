/**
 * Words for a severity in other languages, in lower case: what PostgreSQL, java.util.logging and programs of one country write.
 * They are whole words with something around them in a line, as few of them are levels alone.
 */
export const LOCAL_LEVEL_WORDS = {
  DEBUG: "디버그 デバッグ 调试 調試 отладка".split(" "),
  INFO: "정보 안내 로그 情報 ログ 信息 資訊 日志 日誌 сообщение infos información informazioni informações".split(
    " ",
  ),
  WARN: "경고 주의 警告 warnung avertissement attention advertencia advertência avvertenza attenzione предупреждение uyari uyarı".split(
    " ",
  ),
  ERROR:
    "오류 에러 エラー 错误 錯誤 严重 重大 fehler schwerwiegend erreur grave errore hata ошибка помилка błąd".split(
      " ",
    ),
  FATAL:
    "치명 치명적 치명적오류 심각 致命 致命的 致命的エラー 致命错误 kritisch critique crítico критический".split(
      " ",
    ),
} as const;

/** How words for a severity, in lower case, are called here. */
export const LEVEL_WORDS = {
  DEBUG:
    "trace trc trce trac t debug debu debg dbug dbg d blat verbose verb vrb v fine finer finest silly all".split(
      " ",
    ),
  INFO: "info inf i information informational notice note noti n log default config http success statement hint detail ok normal".split(
    " ",
  ),
  WARN: "warn warning wrn w".split(" "),
  ERROR: "error err erro eror e severe fail failed failure exception".split(" "),
  FATAL: "fatal fata ftl f critical crit crt c alert alrt a emerg emergency emer emrg panic dpanic".split(
    " ",
  ),
} as const;

/**
 * Scales of numbers for a severity. Each entry is the lowest number of a level, in ascending order; `falling` scales (syslog)
 * have the highest number of each instead, as 0 is the worst there.
 */
export const LEVEL_SCALES = {
  /** pino and bunyan: 10, 20, … 60. */
  tens: [
    [0, "DEBUG"],
    [30, "INFO"],
    [40, "WARN"],
    [50, "ERROR"],
    [60, "FATAL"],
  ],
  /** Python's logging: 10, 20, … 50. */
  python: [
    [0, "DEBUG"],
    [20, "INFO"],
    [30, "WARN"],
    [40, "ERROR"],
    [50, "FATAL"],
  ],
  /** OpenTelemetry's SeverityNumber: 1 to 24, four for each. */
  otel: [
    [1, "DEBUG"],
    [9, "INFO"],
    [13, "WARN"],
    [17, "ERROR"],
    [21, "FATAL"],
  ],
  /** Monolog: 100 debug, 250 notice, 300 warning, 400 error, 500 critical. */
  monolog: [
    [0, "DEBUG"],
    [200, "INFO"],
    [300, "WARN"],
    [400, "ERROR"],
    [500, "FATAL"],
  ],
  /** Google Cloud's LogSeverity: 0 default, 100 debug, 200 info, 400 warning, 500 error, 600 critical. */
  google: [
    [0, "INFO"],
    [100, "DEBUG"],
    [200, "INFO"],
    [400, "WARN"],
    [500, "ERROR"],
    [600, "FATAL"],
  ],
  /** Azure's Application Insights: 0 verbose to 4 critical. */
  insights: [
    [0, "DEBUG"],
    [1, "INFO"],
    [2, "WARN"],
    [3, "ERROR"],
    [4, "FATAL"],
  ],
  /** logback: 5000 trace, 10000, 20000 … 40000 error. */
  logback: [
    [0, "DEBUG"],
    [20_000, "INFO"],
    [30_000, "WARN"],
    [40_000, "ERROR"],
    [50_000, "FATAL"],
  ],
  /** syslog: 0 emergency to 7 debug. */
  syslog: [
    [0, "FATAL"],
    [3, "ERROR"],
    [4, "WARN"],
    [5, "INFO"],
    [7, "DEBUG"],
  ],
} as const;

export type LevelScale = keyof typeof LEVEL_SCALES;

/** Keys whose numbers are of one scale only. Under other keys the size of the number says which: see `levelOfNumber`. */
export const SCALE_OF_KEY: Readonly<Record<string, LevelScale>> = {
  severitynumber: "otel",
  levelno: "python",
  levelvalue: "logback",
  priority: "syslog",
  "syslog.severity": "syslog",
  severity: "google",
  severitylevel: "insights",
};
