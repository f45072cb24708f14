import { LIMITS } from "../../../history.ts";
import type { PartProps } from "./part.ts";

/** The last seconds that a rate is of: the current one isn't over. */
const RATE_SECONDS = 5;

/** How much there is of everything now. */
export function Numbers({ history, texts, language }: PartProps) {
  const { seconds, lagMs, templates, alerts, refused } = history;
  const now = seconds.at(-1)?.at ?? 0;
  const recent = seconds.filter(({ at }) => at < now && at >= now - RATE_SECONDS);
  const lines = recent.reduce((sum, { counts }) => sum + counts.reduce((all, one) => all + one.lines, 0), 0);
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const alertCount = `${alerts.length}${alerts.length >= LIMITS.alerts ? "+" : ""}`;
  const shown: [string, string][] = [
    [texts.linesASecond, number.format(lines / RATE_SECONDS)],
    [texts.lag, `${number.format(lagMs)} ms`],
    [texts.templates, number.format(templates)],
    [texts.alerts, alertCount],
    [texts.deadLetters, number.format(refused)],
  ];
  return (
    <dl class="numbers">
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
