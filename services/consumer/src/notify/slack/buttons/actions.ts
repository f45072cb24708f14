import type { Language } from "@cali/settings";
import type { Votes } from "../../../cause/knowledge/votes.ts";
import type { ObjectStore } from "../../../state/objects/types.ts";
import { fingerprintOf, silenceForAtLeast } from "../../silences.ts";
import type { Acknowledgements } from "../acknowledgements.ts";
import { textsOf } from "../texts.ts";
import { ACTIONS } from "./blocks.ts";
import type { Press } from "./press.ts";

export interface ActionsOptions {
  readonly objects: ObjectStore;
  readonly acknowledgements: Acknowledgements;
  readonly votes: Votes;
  /** ms since the epoch. */
  readonly now: () => number;
  /** What is said of a press. Default: English. */
  readonly language?: Language;
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
  const { action, value } = press;
  const user = `<@${press.user}>`;
  const texts = textsOf(options.language);
  const unknown: Outcome = { refused: texts.noAlert };
  // A clock that is ahead must not silence for longer.
  const at = Math.min(press.at, options.now());
  switch (action) {
    case ACTIONS.acknowledge: {
      if (fingerprintOf(value) === undefined) return unknown;
      const isNew = await options.acknowledgements.add({ incident: value, user: press.user, at });
      return isNew ? { said: texts.acknowledgedBy(user), acknowledged: value } : {};
    }
    case ACTIONS.silence: {
      const fingerprint = fingerprintOf(value);
      if (fingerprint === undefined) return unknown;
      const until = at + HOUR_MS;
      if (until <= options.now()) return { refused: texts.pressedTooLate };
      const isNew = await silenceForAtLeast(options.objects, { fingerprint, from: at, until });
      const shown = new Date(until).toISOString().slice(0, 16).replace("T", " ");
      return isNew ? { said: texts.silentUntil(shown, user) } : {};
    }
    case ACTIONS.confirm:
    case ACTIONS.reject: {
      if (!/^[0-9a-f]{16}$/.test(value)) return unknown;
      const vote = action === ACTIONS.confirm ? "confirmed" : "rejected";
      const voted = await options.votes.cast(value, press.user, vote);
      if (voted === "counted") return {};
      if (voted === "unknown") return { refused: texts.noSuchCause };
      if (voted === "full") return { refused: texts.tooManyVotes };
      const { confirmed, rejected } = voted.votes ?? { confirmed: 0, rejected: 0 };
      const votes = { right: confirmed, wrong: rejected, state: voted.state };
      return { said: texts.voted(user, vote === "confirmed", votes) };
    }
  }
}
