import type { Votes } from "../../../cause/knowledge/votes.ts";
import type { ObjectStore } from "../../../state/objects/types.ts";
import { fingerprintOf, silenceForAtLeast } from "../../silences.ts";
import type { Acknowledgements } from "../acknowledgements.ts";
import { ACTIONS } from "./blocks.ts";
import type { Press } from "./press.ts";

export interface ActionsOptions {
  readonly objects: ObjectStore;
  readonly acknowledgements: Acknowledgements;
  readonly votes: Votes;
  /** ms since the epoch. */
  readonly now: () => number;
}

const HOUR_MS = 3_600_000;

/** What came of a press. */
export interface Outcome {
  /** For everybody who reads the message, in Slack's markup; nothing: it was done before. */
  readonly said?: string;
  /** For whoever pressed alone: why nothing was done. */
  readonly refused?: string;
  /** The incident that somebody looks after now. */
  readonly acknowledged?: string;
}

/** Does what a button says; durable when it resolves, and the same when it is done again. One at a time. */
export async function act(press: Press, options: ActionsOptions): Promise<Outcome> {
  const { action, value, user } = press;
  // A clock that is ahead must not silence for longer.
  const at = Math.min(press.at, options.now());
  switch (action) {
    case ACTIONS.acknowledge: {
      if (fingerprintOf(value) === undefined) return UNKNOWN;
      const isNew = await options.acknowledgements.add({ incident: value, user, at });
      return isNew ? { said: `👀 Acknowledged by <@${user}>`, acknowledged: value } : {};
    }
    case ACTIONS.silence: {
      const fingerprint = fingerprintOf(value);
      if (fingerprint === undefined) return UNKNOWN;
      const until = at + HOUR_MS;
      if (until <= options.now())
        return { refused: "It was pressed more than an hour ago: nothing is silenced." };
      const isNew = await silenceForAtLeast(options.objects, { fingerprint, from: at, until });
      return isNew
        ? {
            said: `🔕 Silent until ${new Date(until).toISOString().slice(0, 16).replace("T", " ")} UTC, by <@${user}>`,
          }
        : {};
    }
    case ACTIONS.confirm:
    case ACTIONS.reject: {
      if (!/^[0-9a-f]{16}$/.test(value)) return UNKNOWN;
      const vote = action === ACTIONS.confirm ? "confirmed" : "rejected";
      const voted = await options.votes.cast(value, user, vote);
      if (voted === "counted") return {};
      if (voted === "unknown") return { refused: "The knowledge base has no such cause any more." };
      if (voted === "full") return { refused: "Too many people have voted on this cause." };
      const { confirmed, rejected } = voted.votes ?? { confirmed: 0, rejected: 0 };
      return {
        said: `${vote === "confirmed" ? "✅" : "❌"} <@${user}> says that the cause is ${vote === "confirmed" ? "right" : "wrong"} (${confirmed} right, ${rejected} wrong): it is ${voted.state}`,
      };
    }
  }
}

const UNKNOWN: Outcome = { refused: "This button is of no alert." };
