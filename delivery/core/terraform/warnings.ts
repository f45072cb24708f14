/** A warning of Terraform or of a provider, as `diagnostics` of a plan has it. */
export interface Warning {
  readonly severity: "warning";
  readonly summary: string;
  readonly detail: string;
}

/** A plan's JSON has the checks that fail, with their own words. */
const TOLD_ELSEWHERE = ["Check block assertion failed", "Resource postcondition failed"];

/**
 * The warnings in what `terraform plan -no-color` says, deprecations among them; its JSON doesn't have them. The lines of code that it
 * shows with a warning are indented and left out, since values may stand in them.
 */
export function warningsIn(said: string): Warning[] {
  return said
    .split(/^Warning: /m)
    .slice(1)
    .map((text): Warning => {
      // A line ends the last one, then Terraform says what to do next.
      const [own = ""] = text.split(/^\u2500{10,}|^Note: |^Saved the plan/m);
      const [summary = "", ...lines] = own.split("\n");
      const place = lines.find((line) => /^ {2}(?:on|with) /.test(line))?.trim();
      const detail = lines.filter((line) => /^\S/.test(line)).join(" ");
      return {
        severity: "warning",
        summary,
        detail: [detail, ...(place ? [`(${place.replace(/[:,]$/, "")})`] : [])].join(" ").trim(),
      };
    })
    .filter(({ summary }) => !TOLD_ELSEWHERE.includes(summary));
}
