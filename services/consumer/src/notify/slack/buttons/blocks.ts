import type { KnownBlock } from "@slack/types";
import type { Alert } from "../../../core/types.ts";

/** What a button does, by its `action_id`. */
export const ACTIONS = {
  acknowledge: "cali:acknowledge",
  silence: "cali:silence",
  confirm: "cali:confirm",
  reject: "cali:reject",
} as const;

/** The buttons of an alert: of its incident, of its group and, where its cause is known, of the cause. */
export function buttonsOf(alert: Alert): KnownBlock {
  const entry = alert.cause?.entry;
  return {
    type: "actions",
    elements: [
      button("Acknowledge", ACTIONS.acknowledge, alert.incident?.id ?? alert.id),
      button("Silence for 1 h", ACTIONS.silence, alert.id),
      ...(entry === undefined
        ? []
        : [
            button("The cause is right", ACTIONS.confirm, entry),
            button("The cause is wrong", ACTIONS.reject, entry),
          ]),
    ],
  };
}

const button = (text: string, action_id: string, value: string) => ({
  type: "button" as const,
  text: { type: "plain_text" as const, text },
  action_id,
  value,
});
