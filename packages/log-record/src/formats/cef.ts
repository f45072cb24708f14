import type { Level } from "../schema.ts";
import { readLevel } from "./levels.ts";
import { pattern } from "./pattern.ts";
import { readTime } from "./time.ts";

const WORDS: Readonly<Record<string, Level>> = {
  low: "INFO",
  medium: "WARN",
  high: "ERROR",
  "very-high": "FATAL",
};

/**
 * ArcSight's Common Event Format of security products: `CEF:0|vendor|product|version|id|name|severity|extension`; severity goes from 0 to
 * 10, or is a word. Source: https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/cef-implementation-standard/
 */
export const cef = pattern(
  "cef",
  [
    /^CEF: ?[01]\|[^|]{0,100}\|(?<service>[^|]{0,100})\|(?<version>[^|]{0,60})\|(?<code>[^|]{0,100})\|(?<message>[^|]{1,512})\|(?<severity>[A-Za-z0-9-]{0,12})\|(?<rest>.*)$/,
    // IBM's LEEF: vendor, product, version, event id, in 2.0 the delimiter.
    /^(?<leef>LEEF):[12]\.0\|[^|]{0,100}\|(?<service>[^|]{0,100})\|(?<version>[^|]{0,60})\|(?<code>[^|]{1,100})\|(?:(?:[^|]|0?x[0-9a-fA-F]{1,4})\|)?(?<rest>.*)$/,
  ],
  {
    more(draft, groups, context) {
      const { leef, rest = "", ...given } = groups as Record<string, string | undefined>;
      // LEEF has its severity and time among the attributes.
      const severity =
        given.severity ??
        (leef === undefined ? "" : (/(?:^|[\t^|])sev=([^\t^|]{1,12})/.exec(rest)?.[1] ?? ""));
      const time = /(?:^|[\s^|])(?:rt|end|devTime)=([^\t^|=]{8,40})(?=$|[\t^|]| \w{1,60}=)/.exec(rest)?.[1];
      draft.time = readTime(time?.trim(), context);
      const number = Number(severity);
      draft.level =
        WORDS[severity.toLowerCase()] ??
        (/^[A-Za-z]/.test(severity) ? readLevel(severity) : undefined) ??
        (number >= 9 ? "FATAL" : number >= 7 ? "ERROR" : number >= 4 ? "WARN" : "INFO");
      draft.levelSource = "record";
      // Only what is bad has a code that tells it from others.
      if (draft.level === "INFO") delete draft.errorCode;
      if (leef !== undefined)
        draft.message = /(?:^|[\t^|])msg=([^\t^|]{1,500})/.exec(rest)?.[1] ?? given.code ?? "";
      draft.stack = [rest, draft.stack].filter((one) => one).join("\n");
    },
  },
);
