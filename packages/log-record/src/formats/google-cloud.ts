import { isObject } from "./fields.ts";
import type { JsonFormat } from "./types.ts";

/** Google Cloud: what a program writes (`severity`, `logging.googleapis.com/trace`) and a LogEntry (`textPayload`, `resource`). */
export const googleCloud: JsonFormat = {
  name: "google-cloud",
  matches: (fields) =>
    (fields.has("severity") && !fields.has("severitynumber")) ||
    fields.has("logging.googleapis.com/trace") ||
    fields.has("textpayload"),
  read: (fields, draft) => {
    // The text may say what the entry leaves open.
    if (/^(?:DEFAULT|0)$/.test(String(fields.get("severity")))) delete draft.level;
    const labels = fields.get("resource.labels");
    if (isObject(labels)) {
      draft.service ??=
        fields.text("resource.labels.servicename") ??
        fields.text("resource.labels.containername") ??
        fields.text("resource.labels.functionname") ??
        fields.text("resource.labels.moduleid");
      draft.version ??=
        fields.text("resource.labels.revisionname") ?? fields.text("resource.labels.versionid");
      if (draft.service === undefined) delete draft.service;
      if (draft.version === undefined) delete draft.version;
    }
  },
};
