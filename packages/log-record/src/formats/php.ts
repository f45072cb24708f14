import { pattern } from "./pattern.ts";

/** Monolog's and Laravel's lines (`[time] channel.ERROR: message {…} []`) and PHP's own log. */
export const php = pattern("php", [
  /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,15}(?:[+-][0-9:]{5,6}|Z)?)\] [\w-]{1,60}\.(?<level>[A-Z]{4,9}): (?<message>.*)$/,
  /^\[(?<time>[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9:]{8}(?: [\w/]{2,40})?)\] PHP (?<level>Fatal|Parse|Recoverable fatal|Warning|Notice|Deprecated)(?: error)?: {1,2}(?<message>.*)$/,
  /^\[(?<time>[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9:]{8}(?:\.[0-9]+)?)\] (?<level>[A-Z]{4,7}): (?<message>.*)$/,
]);
