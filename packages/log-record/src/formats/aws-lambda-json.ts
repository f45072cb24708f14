import type { JsonFormat } from "./types.ts";

/** AWS Lambda's logs as JSON: the program's (`requestId`, `errorType`, `stackTrace`) and the platform's (`type: platform.…`). */
export const awsLambdaJson: JsonFormat = {
  name: "aws-lambda",
  matches: (fields) =>
    fields.has("timestamp", "level", "requestid") || String(fields.get("type")).startsWith("platform."),
  read: (fields, draft) => {
    const type = fields.text("type");
    if (!type?.startsWith("platform.")) return;
    const status = fields.text("record.status");
    draft.message = status === undefined ? type : `${type}: ${status}`;
    draft.traceId ??= fields.text("record.requestid") ?? "-";
    draft.level = /^(?:timeout|error|failure)$/.test(status ?? "") ? "ERROR" : "INFO";
    draft.levelSource = "record";
  },
};
