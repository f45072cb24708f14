/** A warning of Terraform or of a provider, as `diagnostics` of a plan has it. */
export interface Warning {
  readonly severity: "warning";
  readonly summary: string;
  readonly detail: string;
}

/** A plan's JSON has the checks that fail, with their own words. */
const TOLD_ELSEWHERE = ["Check block assertion failed", "Resource postcondition failed"];

/** What follows the last warning: a line, and what to do next. */
const END = /^\u2500{10,}|^Note: |^Saved the plan/m;

/**
 * The warnings in what `terraform plan -no-color` says, deprecations among them; its JSON doesn't have them. The lines of code that it
 * shows with a warning are left out, since values may stand in them: they follow the place, up to the first empty line.
 */
export function warningsIn(said: string): Warning[] {
  return said
    .split(/^Warning: /m)
    .slice(1)
    .map((text): Warning => {
      const [summary = "", ...paragraphs] = (text.split(END)[0] ?? "").trimEnd().split(/\n{2,}/);
      const [first = "", ...rest] = paragraphs;
      const place = /^ {2}(?:on|with) (.*)/.exec(first)?.[1]?.replace(/[:,]$/, "");
      const detail = (place === undefined ? paragraphs : rest).join(" ").replaceAll(/\s+/g, " ").trim();
      return {
        severity: "warning",
        summary,
        detail: [detail, ...(place ? [`(${place})`] : [])].join(" ").trim(),
      };
    })
    .filter(({ summary }) => !TOLD_ELSEWHERE.includes(summary));
}
