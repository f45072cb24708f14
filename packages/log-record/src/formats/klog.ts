import { pattern } from "./pattern.ts";

/** Kubernetes' klog, glog and CockroachDB: `E0125 01:02:03.456789       1 reflector.go:147] message`, structured ones too. */
export const klog = pattern(
  "klog",
  [
    /^(?<level>[IWEF])(?<time>(?:20[0-9]{2})?[01][0-9][0-3][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?) +[0-9]+ [^\s\]]{1,200}\] ?(?<message>.*)$/,
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
