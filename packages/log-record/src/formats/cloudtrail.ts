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

/** A step of a state machine of AWS Step Functions: the end of one that failed says why. https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
export const stepFunctions: JsonFormat = {
  name: "step-functions",
  matches: (fields) => fields.has("executionarn", "type"),
  read(fields, draft) {
    const type = fields.text("type") ?? "";
    const [, machine, execution] =
      /:(?:execution|express):([^:]{1,80}):([^:]{1,80})/.exec(fields.text("executionarn") ?? "") ?? [];
    const error = fields.text("details.error");
    draft.service ??= machine;
    draft.traceId ??= execution;
    draft.level = /(?:Failed|TimedOut)$/.test(type) ? "ERROR" : /Aborted$/.test(type) ? "WARN" : "INFO";
    draft.levelSource = "record";
    draft.message = error === undefined ? type : `${type}: ${error}`;
    if (error !== undefined) draft.errorType = error;
    draft.errorMessage ??= fields.text("details.cause");
  },
};

/** Route 53 Resolver's queries: `version` is that of the format. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html */
export const route53: JsonFormat = {
  name: "route53",
  matches: (fields) => fields.has("querytimestamp", "queryname"),
  read(fields, draft) {
    delete draft.version;
    const said = ["querytype", "queryname", "rcode"].map((name) => fields.text(name));
    draft.message = said.filter((one) => one !== undefined).join(" ");
  },
};

/** An event of EventBridge: `version` is always 0, `detail` is the event. https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
export const eventBridge: JsonFormat = {
  name: "eventbridge",
  matches: (fields) => fields.has("detailtype", "detail", "source"),
  read(fields, draft) {
    delete draft.version;
    draft.service ??= fields.text("source");
    draft.message = fields.text("detail.message") ?? fields.text("detailtype") ?? draft.message;
  },
};
