import { pattern } from "./pattern.ts";

/** Monolog's and Laravel's lines (`[time] channel.ERROR: message {…} []`) and PHP's own log. */
export const php = pattern(
  "php",
  [
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,15}(?:[+-][0-9:]{5,6}|Z)?)\] (?<channel>[\w-]{1,60})\.(?<level>[A-Z]{4,9}): (?<message>.*)$/,
    /^\[(?<time>[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9:]{8}(?: [\w/]{2,40})?)\] PHP (?<level>Fatal|Parse|Recoverable fatal|Warning|Notice|Deprecated)(?: error)?: {1,2}(?<message>.*)$/,
    /^\[(?<time>[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9:]{8}(?:\.[0-9]+)?)\] (?<level>[A-Z]{4,7}): (?<message>.*)$/,
    /^PHP (?<level>Parse|Recoverable fatal|Warning|Notice|Deprecated)(?: error)?: {1,2}(?<message>.*)$/,
  ],
  {
    more(draft, groups) {
      const { channel = "" } = groups as Record<string, string>;
      // Laravel's channel is the environment.
      if (ENVIRONMENTS.test(channel)) draft.environment = channel;
      const uncaught = /^Uncaught (?:PHP Exception )?([A-Z][\w\\]{0,200})/.exec(draft.message ?? "")?.[1];
      if (uncaught !== undefined) draft.errorType = uncaught;
      const laravel = LARAVEL.exec(draft.message ?? "");
      if (laravel === null) return;
      draft.message = laravel[1] as string;
      draft.errorType = (laravel[3] as string).replaceAll("\\\\", "\\");
      draft.stack = `${laravel[2]}\n${draft.stack ?? ""}`;
    },
  },
);

const ENVIRONMENTS = /^(?:production|prod|staging|stage|testing|test|development|dev|local)$/;
/** An exception in the context of a line: `message {"exception":"[object] (App\\NoFunds(code: 0): …`. */
const LARAVEL = /^(.*?) (\{.{0,300}?"exception":"\[object\] \(([A-Z][\w\\]{0,200})\(code: .*)$/;
