import type { JsonFormat } from "./types.ts";

/** CALI's own record with something in it that the schema doesn't allow: the rest of it counts. */
export const cali: JsonFormat = {
  name: "cali",
  matches: (fields) => typeof fields.get("logcontent") === "string",
  read: (fields, draft) => {
    const content = fields.get("logcontent") as string;
    const own = fields.value.message;
    const message = typeof own === "string" ? own : undefined;
    if (message === undefined) draft.message = content;
    else if (content.startsWith(message)) draft.stack = content.slice(message.length).replace(/^\n/, "");
    else draft.stack = content;
    if (message !== undefined) draft.message = message;
  },
};
