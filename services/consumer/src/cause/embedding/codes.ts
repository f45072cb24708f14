import { STATUS_CODES } from "node:http";
import { getSystemErrorMap } from "node:util";

/** The codes of one kind that a text names, in one spelling. */
export type CodesOf = (text: string) => ReadonlySet<string>;

/** What the expression finds: its first group that took part, in one spelling; `undefined` is no code. */
const found =
  (pattern: RegExp, spell: (code: string) => string | undefined = (code) => code): CodesOf =>
  (text) =>
    new Set(
      [...text.matchAll(pattern)]
        .map((match) => spell(match.slice(1).find((group) => group !== undefined) ?? match[0]))
        .filter((code) => code !== undefined),
    );

const anyOf =
  (...kinds: readonly CodesOf[]): CodesOf =>
  (text) =>
    new Set(kinds.flatMap((codesOf) => [...codesOf(text)]));

/** Phrases of HTTP's failures, without those that say something else elsewhere. */
const HTTP_PHRASES = Object.entries(STATUS_CODES)
  .filter(([status, phrase]) => Number(status) >= 400 && phrase?.includes(" "))
  .map(([status, phrase = ""]) => [status, phrase.toLowerCase()] as const);

/** `status code 503`, `HTTP/1.1 503`, `503 Service Unavailable`, `(status: 503)` */
const httpStatus = anyOf(
  found(
    /\b(?:http(?:\/\d(?:\.\d)?)?|(?:http |response |status |error )?status(?:[ _-]?code)?|response(?:[ _-]code)?|returned|answered|responded with|request failed with(?: status)?(?: code)?)["']?[\s:=(]{1,4}(?:code )?["']?([1-5]\d\d)(?![\w.])/gi,
  ),
  (text) => {
    const lower = text.toLowerCase();
    return new Set(HTTP_PHRASES.filter(([, phrase]) => lower.includes(phrase)).map(([status]) => status));
  },
);

const ERRNO_NAMES = new Set([
  ...[...getSystemErrorMap().values()].map(([name]) => name),
  ...["ENOTFOUND", "EDQUOT", "ESTALE", "EDEADLK", "ENOLCK"],
]);

/** How operating systems and libraries say an errno in words. */
const ERRNO_WORDS: readonly (readonly [RegExp, string])[] = [
  [/connection refused|actively refused|refused the connection/i, "ECONNREFUSED"],
  [/connection (?:was )?reset|reset by peer/i, "ECONNRESET"],
  [/connection timed out|i\/o timeout|connect timed? ?out/i, "ETIMEDOUT"],
  [/no route to host|host is unreachable/i, "EHOSTUNREACH"],
  [/network is unreachable/i, "ENETUNREACH"],
  [/broken pipe/i, "EPIPE"],
  [/no space left on device|not enough space on the disk/i, "ENOSPC"],
  [/quota exceeded/i, "EDQUOT"],
  [/too many open files(?! in system)/i, "EMFILE"],
  [/too many open files in system|file table overflow/i, "ENFILE"],
  [/read-only file ?system/i, "EROFS"],
  [/permission denied/i, "EACCES"],
  [/operation not permitted/i, "EPERM"],
  [/no such file or directory/i, "ENOENT"],
  [/file (?:already )?exists/i, "EEXIST"],
  [/is a directory/i, "EISDIR"],
  [/not a directory/i, "ENOTDIR"],
  [/directory not empty/i, "ENOTEMPTY"],
  [/address already in use|only one usage of each socket address/i, "EADDRINUSE"],
  [/cannot assign requested address/i, "EADDRNOTAVAIL"],
  [/no such host|name or service not known|nodename nor servname|unknown host/i, "ENOTFOUND"],
  [/temporary failure in name resolution/i, "EAI_AGAIN"],
  [/cannot allocate memory/i, "ENOMEM"],
  [/input\/output error/i, "EIO"],
  [/device or resource busy/i, "EBUSY"],
  [/stale (?:nfs )?file handle/i, "ESTALE"],
  [/exec format error/i, "ENOEXEC"],
  [/file name too long/i, "ENAMETOOLONG"],
  [/too many levels of symbolic links/i, "ELOOP"],
  [/resource temporarily unavailable/i, "EAGAIN"],
  [/invalid cross-device link/i, "EXDEV"],
];

/** Node and Go name the same failures of name lookups differently. */
const errno = anyOf(
  found(/\bE(?:AI_)?[A-Z0-9]{2,14}\b/g, (name) => (ERRNO_NAMES.has(name) ? name : undefined)),
  (text) => new Set(ERRNO_WORDS.filter(([words]) => words.test(text)).map(([, name]) => name)),
);

/** Names that say no more than that something failed. */
const ANY_EXCEPTION =
  /^(?:Error|Exception|Throwable|RuntimeException|RuntimeError|IOException|SystemError|UnhandledException|ExecutionException|CompletionException)$/;

/** `java.lang.OutOfMemoryError`, `ThrottlingException`; what a library calls them without such an end is below. */
const exception = found(
  /\b(?:[A-Z][A-Za-z0-9]*(?:Exception|Error|Fault|Timeout|Refused|Denied|Exceeded)|AccessDenied|NoSuch(?:Key|Bucket|Upload|Table)|SlowDown|ExpiredToken|InvalidAccessKeyId|SignatureDoesNotMatch|RequestTimeTooSkewed|PreconditionFailed)\b/g,
  (name) => (ANY_EXCEPTION.test(name) ? undefined : name.replace(/Exception$/, "")),
);

const GRPC_STATUS =
  "CANCELLED|UNKNOWN|INVALID_?ARGUMENT|DEADLINE_?EXCEEDED|NOT_?FOUND|ALREADY_?EXISTS|PERMISSION_?DENIED|RESOURCE_?EXHAUSTED|FAILED_?PRECONDITION|ABORTED|OUT_?OF_?RANGE|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_?LOSS|UNAUTHENTICATED";

/** Each kind of code that stands for one error, however the text around it reads. */
const VALUE_CODES: readonly CodesOf[] = [
  httpStatus,
  errno,
  // SQLSTATE: 40001, SQLSTATE[HY000], (SQLSTATE 40P01)
  found(/\bSQL ?STATE["']?[\s:=[(]{1,4}([0-9A-Z]{5})\b/gi, (state) => state.toUpperCase()),
  // exit code 137, exited with status 1
  found(
    /\b(?:exit(?:ed|s)?(?: with)?(?: non-zero)?(?: (?:code|status|value))?|return code)[\s:=]{1,3}(\d{1,3})\b/gi,
  ),
  // curl: (28)
  found(/\bcurl:\s+\((\d{1,2})\)/gi),
  // SIGKILL
  found(/\bSIG[A-Z]{2,6}\b/g),
  // ERROR 1213 (40001), Error Code: 1205, (1205, 'Lock wait …'), errno: 1040: MySQL
  found(/\berror(?: code)?[\s:]{1,2}(\d{4})\b|[( ](\d{4}), ["']/gi),
  // ORA-00942, TNS-12541, E11000, TS2304, Msg 1205
  found(/\b((?:ORA|TNS|PLS|SQL|MSB|CS|TS|NU|KB|X?E|F|AADSTS|AM|DPI|DB2|CRITICAL)-?\d{3,6}[A-Z]?)\b/g),
  found(/\bMsg (\d{3,5})\b/g),
  // code = Unavailable, StatusCode.UNAVAILABLE, 14 UNAVAILABLE
  found(
    new RegExp(`(?:\\bcode ?= ?|StatusCode\\.|\\b\\d{1,2} |\\bstatus[ =:]{1,2})(${GRPC_STATUS})\\b`, "gi"),
    (status) => status.replaceAll("_", "").toUpperCase(),
  ),
];

/** The codes of each kind that a text names. */
export const codesIn = (text: string): readonly ReadonlySet<string>[] =>
  VALUE_CODES.map((codesOf) => codesOf(text));

/** Why two texts are of different errors: they have codes of one kind, and none in common. */
export function differingCode(
  known: readonly ReadonlySet<string>[],
  seen: readonly ReadonlySet<string>[],
): string | undefined {
  for (const [kind, codes] of known.entries()) {
    const others = seen[kind];
    if (codes.size === 0 || !others || others.size === 0 || [...codes].some((code) => others.has(code)))
      continue;
    return `its code is ${[...others][0]}, not ${[...codes][0]}`;
  }
  return undefined;
}

/** Each kind of code that two texts of one error cannot differ in. */
export const CODE_KINDS: readonly CodesOf[] = [
  ...VALUE_CODES,
  exception,
  // ERR_SSL_WRONG_VERSION_NUMBER, NOT_LEADER_OR_FOLLOWER
  found(/\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b/g),
  // Reasons of Kubernetes.
  found(
    /\b(?:CrashLoopBackOff|ImagePullBackOff|ErrImagePull|OOMKilled|FailedScheduling|FailedMount|FailedAttachVolume|Evicted|NodeNotReady|CreateContainerConfigError|Unhealthy|FailedCreatePodSandBox|BackOff|DeadlineExceeded|DiskPressure|MemoryPressure|PIDPressure)\b/g,
  ),
];
