import { timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Whoever forwards a port to it, or runs it, calls it so; a page of another site that was pointed here doesn't. */
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Refuses what does not come from the page itself or from a program on this machine. */
export async function refuseOthers(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  reply.headers(HEADERS);
  const { host = "", origin } = request.headers;
  const site = request.headers["sec-fetch-site"] ?? "none";
  if (!LOCAL_HOST.test(host)) return reply.code(403).send("only as localhost or 127.0.0.1\n");
  // A link on another site may open the page itself.
  const isPage = request.url === "/" && request.method === "GET";
  const isOwn = site === "same-origin" || site === "none" || isPage;
  if (!isOwn || (origin !== undefined && origin !== `http://${host}`)) {
    return reply.code(403).send("only from its own page\n");
  }
  return undefined;
}

/** Whether a request has the token; none has it where there is none. */
export function hasToken(
  { headers: { authorization = "" } }: FastifyRequest,
  token: string | undefined,
): boolean {
  if (token === undefined) return false;
  const [given, wanted] = [Buffer.from(authorization), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
