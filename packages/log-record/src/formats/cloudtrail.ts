import type { JsonFormat } from "./types.ts";

/**
 * AWS CloudTrail: a call of AWS's API by its service and name; what was refused has an error code.
 * Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export const cloudTrail: JsonFormat = {
  name: "cloudtrail",
  matches: (fields) => fields.has("eventversion", "eventsource", "eventname"),
  read(fields, draft) {
    const what = [fields.text("eventname"), fields.text("errorcode")];
    draft.message = fields.text("errormessage") ?? what.filter((one) => one !== undefined).join(": ");
    draft.service ??= fields.text("eventsource");
  },
};
