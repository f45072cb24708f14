import { pattern } from "./pattern.ts";
import type { JsonFormat } from "./types.ts";

/** Kubernetes' klog, glog and CockroachDB: `E0125 01:02:03.456789       1 reflector.go:147] message`, structured ones too. */
export const klog = pattern(
  "klog",
  [
    /^(?<level>[IWEF])(?<time>(?:20[0-9]{2})?[01][0-9][0-3][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?)(?: +(?:0x[0-9a-f]+|[0-9]+))? [^\s\]]{1,200}\] ?(?<message>.*)$/,
    // Without colons: E0125 010203.456789.
    /^(?<level>[IWEF])(?<time>[01][0-9][0-3][0-9] [0-2][0-9][0-5][0-9][0-6][0-9]\.[0-9]{3,9})(?: +[0-9]+)? [^\s\]]{1,200}:[0-9]+\] ?(?<message>.*)$/,
    // TensorFlow: the time before the letter.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{6}): (?<level>[IWEF]) [^\s\]]{1,200}:[0-9]+\] ?(?<message>.*)$/,
    // CockroachDB: with a year of two digits, tags and a counter instead of the bracket.
    /^(?<level>[IWEF])(?<time>[0-9]{6} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}) [0-9]+ [^\s\]]{1,200}:[0-9]+ (?:⋮ )?(?:\[[^\]]{0,300}\] )?(?:[0-9]+ +)?(?<message>.*)$/,
  ],
  {
    more(draft) {
      const structured = /^"((?:[^"\\]|\\.)*)"(?: (.*))?$/.exec(draft.message ?? "");
      if (structured === null) return;
      const error = /(?:^| )err="((?:[^"\\]|\\.)*)"/.exec(structured[2] ?? "")?.[1];
      draft.message = `${structured[1]}${structured[2] === undefined ? "" : ` ${structured[2]}`}`;
      if (error !== undefined) draft.errorMessage = error;
    },
  },
);

/**
 * The same as JSON, and logr's funcr: `v` (funcr: `level`) is the verbosity of what informs, no severity; what reports an error has none.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/system-logs/#json-log-format
 */
export const klogJson: JsonFormat = {
  name: "klog-json",
  matches: (fields) =>
    fields.has("msg") &&
    (fields.has("level")
      ? fields.has("logger") && Number.isInteger(fields.get("level")) && Number(fields.get("level")) < 10
      : (fields.has("v") || fields.has("err") || fields.has("error")) &&
        (fields.has("caller") || fields.has("logger"))),
  read(fields, draft) {
    const verbosity = fields.get("level") ?? fields.get("v");
    draft.level = verbosity === undefined ? "ERROR" : Number(verbosity) >= FOR_DEBUGGING ? "DEBUG" : "INFO";
    draft.levelSource = "record";
  },
};

/** https://github.com/kubernetes/community/blob/master/contributors/devel/sig-instrumentation/logging.md */
const FOR_DEBUGGING = 4;
