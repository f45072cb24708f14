import { STATUS_CODES } from "node:http";
import { constants } from "node:os";
import type { LogRecord } from "@cali/log-record";
import { exceptionIn, stackOf } from "./stack.ts";

/** Longest message that is looked at, in UTF-16 units. */
const LONGEST = 2_000;
/** Longest identity. */
const LONGEST_IDENTITY = 500;

/** Nothing of an identity is in a text without any of these. */
const HINT =
  /[Cc]ode|CODE|[Ee]rr|ERR|[Ss]tat|STAT|HTTP|http|E[A-Z]{3}|Exception|Failure|Fault|Throwable|Interrupt|\b[45]\d\d\b|\b(?:ORA|TNS|PLS|SQL|HHH|WFLY|CWWK|AADSTS)/;

const ERRNO_NAMES = new Set(Object.keys(constants.errno));
/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const GRPC =
  "cancelled|unknown|invalid_?argument|deadline_?exceeded|not_?found|already_?exists|permission_?denied|resource_?exhausted|failed_?precondition|aborted|out_?of_?range|unimplemented|internal|unavailable|data_?loss|unauthenticated";
const REASONS = Object.entries(STATUS_CODES)
  .filter(([code]) => Number(code) >= 400)
  .map(([code, reason]) => `${code} ${reason?.replaceAll(/[^\w ]/g, ".")}`)
  .join("|");

/** What distinguishes two errors that are worded alike; it is the first group of the expression. */
const PATTERNS: readonly RegExp[] = [
  // error_code=X, errorCode: "X", error code 1062, exit code 137
  /\b(?:error|err|fault|result|return|exit|reason|response)?[ _-]?code\b["']?(?: is| was)?\s{0,2}[:=#]?\s{0,2}["'([]?([A-Z][A-Z0-9_.-]{1,63}|[A-Za-z]{0,4}[-_]?\d{1,6})(?![\w-])/i,
  /\b(?:errorCode|statusCode|errCode|exitCode)\b["']?\s{0,2}[:=]?\s{0,2}["']?([\w.-]{1,63})/,
  /\berror #?(\d{3,5})\b/i,
  // https://docs.oracle.com/en/error-help/db and those alike
  /\b((?:ORA|TNS|PLS|SQL|HHH|WFLY[A-Z]*|CWWK[A-Z]|AADSTS)-?\d{3,6}[A-Z]?)\b/,
  /\b(?:errno|os error)\W{0,3}(\d{1,3})\b/i,
  /\bSQL ?STATE\b\W{0,4}([0-9A-Z]{5})\b/i,
  /\bgrpc[-_ ]?status\W{0,3}(\d{1,2})\b/i,
  new RegExp(`\\b(?:code|status|StatusCode)\\W{1,4}(${GRPC})\\b`, "i"),
  new RegExp(`\\b(${REASONS})\\b`, "i"),
  /\bHTTP(?:\/\d(?:\.\d)?)?\b["']?(?: status| error| response| code){0,2}\s?[:=]?\s?([45]\d\d)\b/i,
  /\bstatus(?:[ _-]?code)?["']?(?: of| was| is)?\s{0,2}[:=]?\s{0,2}["']?([45]\d\d)\b/i,
  // `returned 503 for`, but not `returned 503 rows`, `received 512 kB`
  /\b(?:answered|responded|returned|replied|received|got|failed) (?:with )?(?:an? )?([45]\d\d)\b(?! ?(?:ms|[kMG]i?B|%)| (?!status|was|this|across)[a-z]{2,}s\b)/i,
];

/**
 * What makes a line another error than one in the same words: error code, exception type, errno, HTTP and gRPC status, SQLSTATE and, of
 * a stack trace, the exceptions' chain and, where no error code says which error it is, the application's own frame. One part a line;
 * empty: nothing does.
 */
export function identityOf({ message, log_content: content, error_code: code }: LogRecord): string {
  const parts = new Set<string>();
  if (code !== undefined) parts.add(code);
  const text = message.slice(0, LONGEST);
  if (HINT.test(text)) {
    for (const pattern of PATTERNS) {
      const found = pattern.exec(text)?.[1];
      // `503 Service Unavailable` and `status=503` are the same.
      if (found !== undefined) parts.add(/^[45]\d\d /.test(found) ? found.slice(0, 3) : found);
    }
    for (const [word] of text.matchAll(/\bE[A-Z0-9]{2,15}\b/g)) if (ERRNO_NAMES.has(word)) parts.add(word);
    const exception = exceptionIn(text);
    if (exception !== undefined) parts.add(exception);
  }
  if (content.length > message.length) {
    const { exceptions, ownFrames } = stackOf(content);
    for (const exception of exceptions) parts.add(exception);
    // A code names the error wherever it comes from.
    if (code === undefined && ownFrames[0] !== undefined) parts.add(ownFrames[0]);
  }
  return [...parts].join("\n").slice(0, LONGEST_IDENTITY);
}
