import type { ErrorSpec } from "./template.ts";

/** What a caller says when a service that it needs fails. The entries of a knowledge base explain the root, not these. */
export const CONSEQUENCES: readonly ErrorSpec[] = [
  {
    name: "upstream-timeout",
    cause: "upstream-fails",
    level: "ERROR",
    code: "UPSTREAM_TIMEOUT",
    stack: "network",
    text: "request timed out after {slow} ms while calling {upstream} (attempt {small})",
  },
  {
    name: "upstream-unavailable",
    cause: "upstream-fails",
    level: "ERROR",
    code: "UPSTREAM_503",
    text: "unexpected status 503 Service Unavailable from {upstream} for {verb} {path}",
  },
  {
    name: "upstream-reset",
    cause: "upstream-fails",
    level: "ERROR",
    code: "UPSTREAM_RESET",
    stack: "network",
    text: "connection reset by peer {ip}:{port} while reading the answer of {upstream}",
  },
  {
    name: "circuit-open",
    cause: "upstream-fails",
    level: "WARN",
    code: "CIRCUIT_OPEN",
    text: "circuit breaker opened for {upstream}: {percent}% of the last {count} calls failed",
  },
  {
    name: "retries-exhausted",
    cause: "upstream-fails",
    level: "ERROR",
    code: "RETRIES_EXHAUSTED",
    text: "giving up on {upstream} after {small} retries in {slow} ms, trace kept for order {order}",
  },
  {
    name: "fallback",
    cause: "upstream-fails",
    level: "WARN",
    text: "serving a cached answer from {seconds} s ago because {upstream} does not answer",
  },
  {
    name: "request-failed",
    cause: "upstream-fails",
    level: "ERROR",
    services: ["gateway"],
    code: "HTTP_500",
    text: "answered 500 Internal Server Error to {verb} {path} in {slow} ms: {upstream} failed",
  },
];
