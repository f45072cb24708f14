import type { Level } from "../schema.ts";
import { containerOf } from "./container.ts";
import { draftOfFields, requestOf } from "./draft.ts";
import { Fields, isObject, type Json, jsonOf } from "./fields.ts";
import { readLevel } from "./levels.ts";
import { stackText } from "./stack.ts";
import type { Draft, Envelope, JsonFormat } from "./types.ts";

/** https://learn.microsoft.com/en-us/dotnet/api/system.diagnostics.tracing.eventlevel */
const LEVELS: readonly (Level | undefined)[] = [undefined, "FATAL", "ERROR", "WARN", "INFO", "DEBUG"];

/** What a resource log says of its own is in `properties`: an object, JSON as text, or Functions' text in single quotation marks. */
function propertiesOf(fields: Fields): Json | undefined {
  const { properties } = fields.value;
  if (isObject(properties)) return properties;
  if (typeof properties !== "string") return undefined;
  const value = jsonOf(properties.startsWith("{'") ? properties.replaceAll("'", '"') : properties);
  return isObject(value) ? value : undefined;
}

/** The resource, by the last part of its id, which resource logs have in capitals; of a Kubernetes cluster the part of its control plane. */
function serviceOf(fields: Fields): string | undefined {
  const id = fields.text("resourceid") ?? "";
  if (/\/managedclusters\//i.test(id))
    return fields.text("category")?.replace(/^kube-audit.*/, "kube-apiserver");
  const type =
    /\/(?:sites|containerapps|servers|flexibleservers|namespaces|service|vaults|applicationgateways|profiles|components)\/([^/]+)/i;
  const name = type.exec(id)?.[1];
  return name === name?.toUpperCase() ? name?.toLowerCase() : name;
}

function levelOf(fields: Fields): Level | undefined {
  const level = fields.text("level");
  return LEVELS[Number(level ?? Number.NaN)] ?? readLevel(/^[0-9]/.test(level ?? "") ? undefined : level);
}

/** A line that a program of Azure's wrote: of a web app, a Spring app, a container app or a cluster's control plane. */
export const azureText: Envelope = {
  marks: ["resourceid"],
  open(fields, context) {
    if (!fields.has("category")) return undefined;
    const own = new Fields(propertiesOf(fields) ?? {});
    const isConsole = /^AppService(?:Console|App)Logs$/.test(fields.text("category") ?? "");
    const line = own.get("log") ?? (isConsole ? fields.get("resultdescription") : undefined);
    if (typeof line !== "string") return undefined;
    const outer = containerOf(fields, context);
    const service = own.text("appname") ?? own.text("containerappname") ?? serviceOf(fields);
    const level = levelOf(fields);
    const podName = own.text("pod") ?? own.text("instancename");
    if (service !== undefined) outer.service = service;
    if (level !== undefined) outer.level = level;
    if (podName !== undefined) outer.podName = podName;
    return { format: "azure", inner: [{ value: line, outer }], rest: () => [] };
  },
};

/** Azure's resource logs and Windows' events: their numbers for a level are neither syslog's nor others'. */
export const azure: JsonFormat = {
  name: "azure",
  matches: (fields) =>
    (fields.has("resourceid") && (fields.has("category") || fields.has("operationname"))) ||
    fields.has("roleinstance") ||
    fields.has("data.basetype") ||
    fields.has("approlename", "details"),
  read(fields, draft, context) {
    const level = levelOf(fields);
    if (level !== undefined) {
      draft.level = level;
      draft.levelSource = "record";
    }
    readException(fields, draft);
    const properties = propertiesOf(fields);
    const own = properties === undefined ? undefined : new Fields(properties);
    if (own !== undefined) fill(draft, draftOfFields("azure", own, context));
    const request = own === undefined ? undefined : requestOf(own);
    // A gateway says of each request that it informs.
    if (request !== undefined && (draft.status ?? 0) >= 500 && draft.level === "INFO") delete draft.level;
    if (draft.level === undefined && /^Fail(?:ed|ure)$/.test(fields.text("resulttype") ?? "")) {
      Object.assign(draft, { level: "ERROR", levelSource: "text" });
    }
    // SQL Server's own severities: 11 and above are errors.
    const severity = Number(own?.get("severity"));
    if (own?.has("errornumber") && severity > 0) {
      Object.assign(draft, {
        level: severity >= 20 ? "FATAL" : severity > 10 ? "ERROR" : "INFO",
        levelSource: "record",
      });
    }
    draft.service ??= serviceOf(fields);
    draft.message =
      draft.message ?? own?.text("lasterror.message") ?? request ?? fields.text("operationname");
  },
};

/** What the record itself doesn't say. */
function fill(draft: Draft, own: Draft): void {
  for (const key of FILLED) draft[key] ??= own[key] as never;
  draft.status ??= own.status;
  if (draft.level !== undefined || own.level === undefined) return;
  draft.level = own.level;
  draft.levelSource = "record";
}

const FILLED = [
  "service",
  "version",
  "traceId",
  "message",
  "stack",
  "errorType",
  "errorCode",
  "errorMessage",
  "podName",
] as const;

/** What Application Insights has of an exception, as the telemetry was sent (`baseData`) or as Log Analytics keeps it (`Details`). */
function readException(fields: Fields, draft: Draft): void {
  const list = fields.get("data.basedata.exceptions") ?? fields.get("details");
  const first = Array.isArray(list) ? list.find(isObject) : undefined;
  if (first === undefined) return;
  const one = new Fields(first);
  const type = one.text("typename") ?? one.text("type");
  if (type !== undefined) draft.errorType ??= type;
  draft.message ??= [type, one.text("message")].filter((part) => part !== undefined).join(": ");
  draft.stack ??= stackText(first.parsedStack) ?? one.text("stack");
  if (draft.level === undefined) Object.assign(draft, { level: "ERROR", levelSource: "record" });
}
