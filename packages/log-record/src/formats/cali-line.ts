import { pattern } from "./pattern.ts";

/**
 * CALI's own line, `[LEVEL] time service/version [trace id]: message`, and what is like it: another form of time, a level in
 * another case, parts left out.
 */
export const caliLine = pattern("cali-line", [
  /^\[(?<level>[A-Za-z]{1,12})\] +(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{5,18}(?:Z|[+-][0-9:]{2,5})?) +(?<service>[^\s/[\]]{1,100})\/(?<version>[^\s[\]]{1,100})(?: +\[(?<trace>[^\]\s]{1,200})\])?: ?(?<message>.*)$/,
  /^\[(?<level>[A-Za-z]{1,12})\] +(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{5,18}(?:Z|[+-][0-9:]{2,5})?) +(?:(?<service>[A-Za-z][^\s/[\]:]{1,100}) +)?\[(?<trace>[^\]\s]{1,200})\]: ?(?<message>.*)$/,
]);
