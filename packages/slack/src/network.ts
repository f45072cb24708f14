import { SlackPostError } from "./errors.ts";

/** No message has a right to wait longer, whatever is asked, ms. */
const LONGEST_RETRY_AFTER_MS = 600_000;

/** What a call means that ended without an answer. */
export function unanswered(error: unknown): SlackPostError {
  const code = codeOf(error);
  const cannotHaveArrived =
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/.test(code);
  return new SlackPostError(
    cannotHaveArrived ? "unreachable" : "unclear",
    `Slack cannot be reached: ${code}`,
  );
}

/** Seconds or a date, as HTTP has it. */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS) : undefined;
}

/** The system's code of a network error, which `fetch` hides in its causes. */
function codeOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (typeof code === "string") return code;
    if (cause.name === "TimeoutError") return "no answer in time";
  }
  return "unknown reason";
}
