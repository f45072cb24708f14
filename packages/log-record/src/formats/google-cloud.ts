import { draftOfFields, outerOf } from "./draft.ts";
import { Fields, isObject } from "./fields.ts";
import type { Draft, Envelope, JsonFormat } from "./types.ts";

/** Labels of a resource that name what runs there. */
const SERVICES = [
  "servicename",
  "containername",
  "functionname",
  "moduleid",
  "jobname",
  "backendservicename",
];

/** Google Cloud: what a program writes (`severity`, `logging.googleapis.com/trace`) and a LogEntry (`textPayload`, `resource`). */
export const googleCloud: JsonFormat = {
  name: "google-cloud",
  matches: (fields) =>
    (fields.has("severity") && !fields.has("severitynumber")) ||
    fields.has("logging.googleapis.com/trace") ||
    fields.has("textpayload") ||
    fields.has("insertid", "resource.type"),
  read: (fields, draft) => {
    // The text may say what the entry leaves open.
    if (/^(?:DEFAULT|0)$/.test(String(fields.get("severity")))) delete draft.level;
    const labels = fields.get("resource.labels");
    if (isObject(labels)) {
      draft.service ??=
        SERVICES.map((label) => fields.text(`resource.labels.${label}`)).find((one) => one !== undefined) ??
        fields.text("resource.labels.databaseid")?.replace(/^.*:/, "");
      draft.version ??=
        fields.text("resource.labels.revisionname") ?? fields.text("resource.labels.versionid");
      if (draft.service === undefined) delete draft.service;
      if (draft.version === undefined) delete draft.version;
    }
    readProto(fields, draft);
  },
};

/** What an audit log or App Engine's log of a request has in its `protoPayload`. */
function readProto(fields: Fields, draft: Draft): void {
  const { protoPayload } = fields.value;
  if (!isObject(protoPayload)) return;
  const own = new Fields(protoPayload);
  draft.traceId ??= own.text("traceid");
  const status = Number(own.get("status"));
  if (status >= 100 && status < 600) draft.status ??= status;
  const lines = own.get("line");
  const said = (Array.isArray(lines) ? lines : [])
    .filter(isObject)
    .map((line) => line.logMessage)
    .filter((line) => typeof line === "string");
  const call = [own.text("method"), own.text("resource")].filter((one) => one !== undefined);
  const what =
    call.length === 2
      ? [...call, String(draft.status ?? "")]
      : [own.text("methodname"), own.text("resourcename")];
  draft.message ??= said[0] ?? (what.filter((one) => one !== undefined && one !== "").join(" ") || undefined);
  if (said.length > 1) draft.stack ??= said.slice(1).join("\n");
}

/** A line of text in a LogEntry: it may be of any format, and what it says of its level goes before that of the stream. */
export const textPayload: Envelope = {
  marks: ["textpayload"],
  open(fields, context) {
    const { textPayload: line, ...around } = fields.value;
    if (typeof line !== "string") return undefined;
    const rest = new Fields(around);
    const draft = draftOfFields(googleCloud.name, rest, context);
    googleCloud.read?.(rest, draft, context);
    return {
      format: googleCloud.name,
      inner: [{ value: line, outer: { ...outerOf(draft), timeSource: "record" } }],
      rest: () => [],
    };
  },
};
