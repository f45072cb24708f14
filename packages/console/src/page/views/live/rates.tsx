import { LEVELS, type Level } from "../../../protocol.ts";
import { Chart } from "./chart.tsx";
import type { PartProps } from "./part.ts";

export const LEVEL_COLOURS: Readonly<Record<Level, string>> = {
  DEBUG: "--muted",
  INFO: "--blue",
  WARN: "--amber",
  ERROR: "--red",
  FATAL: "--purple",
};
const SERVICE_COLOURS = ["--blue", "--green", "--amber", "--purple", "--red"];
/** How far the charts go back. */
const SHOWN_SECONDS = 180;

/** Lines a second by level and by service, and the lag. */
export function Rates({ history, chosen, texts, language }: PartProps) {
  // The current second isn't over.
  const last = (history.seconds.at(-1)?.at ?? 0) - 1;
  const times = Array.from({ length: SHOWN_SECONDS }, (_, place) => last - SHOWN_SECONDS + 1 + place);
  const bySecond = new Map(history.seconds.map((second) => [second.at, second]));
  const lines = (level: Level | undefined, service: string) =>
    times.map((at) =>
      (bySecond.get(at)?.counts ?? []).reduce(
        (sum, one) =>
          (level === undefined || one.level === level) && (service === "" || one.service === service)
            ? sum + one.lines
            : sum,
        0,
      ),
    );
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const levels = LEVELS.filter((level) => chosen.levels.includes(level)).map((level) => ({
    name: level,
    colour: LEVEL_COLOURS[level],
    values: lines(level, chosen.service),
  }));
  const services = history.services
    .filter((service) => chosen.service === "" || service === chosen.service)
    .map((service) => ({ name: service, values: lines(undefined, service) }))
    .sort((a, b) => total(b.values) - total(a.values))
    .slice(0, SERVICE_COLOURS.length)
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((one, place) => ({ ...one, colour: SERVICE_COLOURS[place] ?? "" }));
  const lag = { name: "ms", colour: "--blue", values: times.map((at) => bySecond.get(at)?.lagMs ?? 0) };
  return (
    <section class="rates" aria-label={texts.linesASecond}>
      <Chart title={texts.byLevel} {...{ times, language }} curves={levels} />
      <Chart title={texts.byService} {...{ times, language }} curves={services} />
      <Chart title={texts.lag} {...{ times, language }} curves={[lag]} />
    </section>
  );
}
