import type { JsonFormat } from "./types.ts";

/** Python's eliot: messages of actions. `task_uuid` is common to all that belongs together; an action that failed says so alone. */
export const eliot: JsonFormat = {
  name: "eliot",
  matches: (fields) => fields.has("taskuuid", "tasklevel"),
  read(fields, draft) {
    draft.traceId ??= fields.text("taskuuid");
    const failed = fields.get("actionstatus") === "failed";
    const what = fields.text("actiontype") ?? fields.text("messagetype");
    const said = fields.text("message") ?? fields.text("reason");
    draft.message = fields.text("message") ?? [what, said].filter((one) => one !== undefined).join(": ");
    if (!failed) return;
    draft.level ??= "ERROR";
    draft.levelSource = "record";
    const type = fields.text("exception");
    if (type !== undefined) draft.errorType = type;
  },
};
