import type { ConsumerConfig } from "../config/load.ts";
import type { Clock } from "../core/clock.ts";
import { AlertGrouper } from "../group/alert-grouper.ts";
import { TemplateMiner } from "../group/template-miner.ts";

/** What finds a line's template, and what counts its group, within the configuration's limits. */
export function groupingOf({ grouping, limits }: ConsumerConfig, clock: Clock) {
  const miner = new TemplateMiner({ maxTemplates: limits.templates });
  const grouper = new AlertGrouper({
    ...grouping,
    maxGroups: limits.groups,
    now: () => clock.now(),
    describe: (fingerprint) => miner.get(fingerprint),
  });
  return { miner, grouper };
}
