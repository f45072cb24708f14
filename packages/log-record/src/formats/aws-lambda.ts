import { Fields, isObject, jsonOf } from "./fields.ts";
import { pattern } from "./pattern.ts";
import { stackText } from "./stack.ts";
import type { Draft } from "./types.ts";

/** A UUID by AWS; what runs functions elsewhere makes others. Between blanks it must not be a word of a sentence. */
const REQUEST = "[\\w.:-]{1,128}";
const PLAIN_REQUEST = "(?:[0-9a-fA-F-]{8,64}|[Rr][Ee][Qq][\\w.:-]{1,64})";
const TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,13}Z";

/** What AWS Lambda's runtimes write as text; the request's id stands for a trace. */
export const awsLambda = pattern(
  "aws-lambda",
  [
    // Python: [ERROR]\ttime\trequest\tmessage, blanks for the tabs in some. There is no request while it starts.
    new RegExp(`^\\[(?<level>[A-Z]{4,8})\\]\\t(?<time>${TIME})\\t(?<trace>${REQUEST})?\\t(?<message>.*)$`),
    new RegExp(`^\\[(?<level>[A-Z]{4,8})\\] (?<time>${TIME}) (?<trace>${PLAIN_REQUEST}) (?<message>.*)$`),
    // Node: time\trequest\tLEVEL\tmessage.
    new RegExp(
      `^(?<time>${TIME})\\t(?:undefined|(?<trace>${REQUEST}))\\t(?<level>[A-Z]{4,5}|trce|dbug|info|warn|fail|crit)\\t(?<message>.*)$`,
    ),
    new RegExp(
      `^(?<time>${TIME}) (?:undefined|(?<trace>${PLAIN_REQUEST})) (?<level>[A-Z]{4,5}) (?<message>.*)$`,
    ),
  ],
  { more: readError },
);

/** Node's runtime writes an error that nobody caught as JSON behind its kind: `Uncaught Exception \t{"errorType": …}`. */
function readError(draft: Draft): void {
  const json = /^[A-Z][\w ]{1,40}\t(\{.*\})$/.exec(draft.message ?? "")?.[1];
  const error = json === undefined ? undefined : jsonOf(json);
  // Cut off: the text is all there is.
  if (!isObject(error)) return;
  const fields = new Fields(error);
  const type = fields.text("errortype");
  draft.message = [type, fields.text("errormessage")].filter((one) => one !== undefined).join(": ");
  if (type !== undefined) draft.errorType = type;
  draft.stack = stackText(error.stack) ?? stackText(error.trace) ?? "";
}

/** The platform's own: the end of a request by its time limit, by its process, or its report. */
export const awsLambdaPlatform = pattern(
  "aws-lambda-platform",
  [
    new RegExp(`^(?<time>${TIME}) (?<trace>${REQUEST}) (?<message>Task timed out after .*)$`),
    new RegExp(`^RequestId: (?<trace>${REQUEST}) (?<message>(?:Error: |Process exited before).*)$`),
    new RegExp(`^(?:START|END|REPORT|INIT_START) (?:RequestId: (?<trace>${REQUEST})|Runtime Version)`),
    /^(?<message>INIT_REPORT Init Duration: .*)$/,
    /^(?<message>(?:EXTENSION|TELEMETRY|LOGS)\tName: [\w.-]{1,128}\tState: .*)$/,
    /^XRAY TraceId: (?<trace>[\w-]{1,64})\t/,
  ],
  {
    more(draft) {
      const message = draft.message ?? "";
      draft.level = /timed out|Error: |exited|\tStatus: (?:timeout|error|failure)\b/.test(message)
        ? "ERROR"
        : "INFO";
      draft.levelSource = "record";
      const type = /\tError Type: ([\w.]{1,100})/.exec(message)?.[1];
      if (type !== undefined) draft.errorType = type;
    },
  },
);

/** What API Gateway logs of a request's way through it: `(request) Execution failed due to …`. */
export const awsApiGateway = pattern(
  "aws-api-gateway",
  [
    /^\((?<trace>[\w.=-]{6,64})\) (?<message>(?:Execution failed|Method completed with status: (?<status>[1-5][0-9]{2})|Extended Request Id|Starting execution|Method request|Endpoint re|Gateway response|Successfully completed|Verifying|HTTP Method|Sending request|Received response|AWS Integration).*)$/,
  ],
  {
    more(draft) {
      if (draft.message?.startsWith("Execution failed") !== true) return;
      draft.level = "ERROR";
      draft.levelSource = "text";
    },
  },
);
