import type { AlertGrouper } from "../../group/alert-grouper.ts";
import type { AlertStage } from "../notifier.ts";

/** Leaves for later what a fresh state takes for usual: what is notified only if its cause is known, and is not. */
export const leaveUsual =
  (grouper: AlertGrouper): AlertStage =>
  (due) =>
    due.filter(({ meta, along = [], alert, onlyIfKnown }) => {
      const tier = alert.cause?.tier;
      const isUsual = onlyIfKnown === true && (tier === undefined || tier === "llm");
      if (isUsual) for (const one of [meta, ...along]) grouper.leaveForLater(one);
      return !isUsual;
    });
