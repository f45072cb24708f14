import { LEVELS, type Level } from "../schema.ts";
import { requestOf } from "./draft.ts";
import { Fields, isObject, type Json, textOf } from "./fields.ts";
import { readLevel } from "./levels.ts";
import type { JsonFormat } from "./types.ts";

const MOST_LOGS = 100;
/** Ends of a run that are no failure of the Worker: a client that went away is none. */
const CALM = new Set(["ok", "canceled", "responsestreamdisconnected", "unknown"]);

/**
 * One run of a Cloudflare Worker, as Tail Workers (`scriptName`, `outcome`) and Logpush (`ScriptName`, `Outcome`) have it: what it logged
 * and threw is in lists. The worst of them is the message, the others are below it.
 * Source: https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/
 */
export const cloudflareWorkers: JsonFormat = {
  name: "cloudflare-workers",
  matches: (fields) => fields.has("outcome", "scriptname"),
  read(fields, draft) {
    const thrown = listOf(fields.get("exceptions")).map((one) => ({
      level: "ERROR" as Level,
      type: one.text("name"),
      text: [one.text("name"), one.text("message")].filter((part) => part !== undefined).join(": "),
      stack: one.text("stack"),
    }));
    const logs = listOf(fields.get("logs")).map((one) => ({
      level: readLevel(one.get("level")) ?? "INFO",
      type: undefined,
      text: textOfCall(one.get("message")),
      stack: undefined,
    }));
    const all = [...thrown, ...logs].filter(({ text }) => text !== "");
    const worst = all.reduce<(typeof all)[number] | undefined>(
      (found, one) =>
        found === undefined || LEVELS.indexOf(one.level) > LEVELS.indexOf(found.level) ? one : found,
      undefined,
    );
    const outcome = fields.text("outcome") ?? "unknown";
    const failed = !CALM.has(outcome.toLowerCase());
    const status = Number(fields.get("event.response.status"));
    if (status >= 100 && status < 600) draft.status = status;
    draft.message = worst?.text ?? (failed ? `${eventOf(fields)}: ${outcome}` : eventOf(fields));
    if (worst?.type !== undefined) draft.errorType = worst.type;
    const below = [
      worst?.stack,
      ...all.filter((one) => one !== worst).flatMap(({ level, text, stack }) => [`${level} ${text}`, stack]),
    ];
    draft.stack = below.filter((one) => one !== undefined).join("\n");
    if (failed) draft.level = "ERROR";
    else if (worst !== undefined && worst.level !== "INFO") draft.level = worst.level;
    if (draft.level !== undefined) draft.levelSource = "record";
  },
};

const listOf = (value: unknown): Fields[] =>
  (Array.isArray(value) ? value : [])
    .slice(0, MOST_LOGS)
    .filter(isObject)
    .map((one) => new Fields(one));

/** The arguments of a call of the console. */
function textOfCall(value: unknown): string {
  const parts = Array.isArray(value) ? value : [value];
  return parts
    .map((one: unknown) => textOf(one) ?? (one === undefined ? "" : JSON.stringify(one)))
    .join(" ")
    .trim();
}

/** What the run was about: a request, a cron trigger, a queue. */
function eventOf(fields: Fields): string {
  const event = fields.get("event");
  const request = isObject(event) ? (event.request ?? event.Request) : undefined;
  const asked = isObject(request) ? requestOf(new Fields(withStatus(request, fields))) : undefined;
  const cron = fields.text("event.cron");
  const queue = fields.text("event.queue");
  return (
    asked ??
    (cron === undefined ? undefined : `scheduled ${cron}`) ??
    (queue === undefined ? undefined : `queue ${queue}`) ??
    fields.text("eventtype") ??
    "run"
  );
}

const withStatus = (request: Json, fields: Fields): Json => ({
  ...request,
  status: fields.get("event.response.status"),
});
