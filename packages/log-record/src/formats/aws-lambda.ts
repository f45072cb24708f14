import { pattern } from "./pattern.ts";

const REQUEST = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,13}Z";

/** What AWS Lambda's runtimes write as text; the request's id stands for a trace. */
export const awsLambda = pattern("aws-lambda", [
  // Python: [ERROR]\ttime\trequest\tmessage, blanks for the tabs in some.
  new RegExp(
    `^\\[(?<level>[A-Z]{4,8})\\][\\t ](?<time>${TIME})[\\t ](?<trace>${REQUEST})[\\t ](?<message>.*)$`,
  ),
  // Node: time\trequest\tLEVEL\tmessage.
  new RegExp(
    `^(?<time>${TIME})[\\t ](?<trace>${REQUEST}|undefined)[\\t ](?<level>[A-Z]{4,5})[\\t ](?<message>.*)$`,
  ),
]);

/** The platform's own: the end of a request by its time limit, by its process, or its report. */
export const awsLambdaPlatform = pattern(
  "aws-lambda-platform",
  [
    new RegExp(`^(?<time>${TIME}) (?<trace>${REQUEST}) (?<message>Task timed out after .*)$`),
    new RegExp(`^RequestId: (?<trace>${REQUEST}) (?<message>(?:Error: |Process exited before).*)$`),
    new RegExp(`^(?:START|END|REPORT|INIT_START) (?:RequestId: (?<trace>${REQUEST})|Runtime Version)`),
  ],
  {
    more(draft) {
      draft.level = /timed out|Error: |exited/.test(draft.message ?? "") ? "ERROR" : "INFO";
      draft.levelSource = "record";
    },
  },
);
