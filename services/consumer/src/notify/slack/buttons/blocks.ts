import type { KnownBlock } from "@slack/types";
import type { Alert } from "../../../core/types.ts";
import type { Texts } from "../texts.ts";

/** What a button does, by its `action_id`. */
export const ACTIONS = {
  acknowledge: "cali:acknowledge",
  silence: "cali:silence",
  confirm: "cali:confirm",
  reject: "cali:reject",
} as const;

/** The buttons of an alert: of its incident, of its group and, where its cause is known, of the cause. */
export function buttonsOf(alert: Alert, texts: Texts): KnownBlock {
  const entry = alert.cause?.entry;
  return {
    type: "actions",
    elements: [
      button(texts.acknowledge, ACTIONS.acknowledge, alert.incident?.id ?? alert.id),
      button(texts.silence, ACTIONS.silence, alert.id),
      ...(entry === undefined
        ? []
        : [
            button(texts.causeIsRight, ACTIONS.confirm, entry),
            button(texts.causeIsWrong, ACTIONS.reject, entry),
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
