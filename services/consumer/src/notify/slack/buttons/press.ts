import type { MessagePlace } from "@cali/slack";
import { z } from "zod";
import { ACTIONS } from "./blocks.ts";

const slackId = z.string().regex(/^[A-Z][A-Z0-9]{1,30}$/);
const ts = z.string().regex(/^[0-9]{1,12}\.[0-9]{1,6}$/);

/** What of Slack's `block_actions` counts. https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
const schema = z.object({
  type: z.literal("block_actions"),
  team: z.object({ id: slackId }),
  user: z.object({ id: slackId, team_id: slackId.optional() }),
  channel: z.object({ id: slackId }),
  message: z.object({ ts, thread_ts: ts.optional() }),
  actions: z
    .array(z.object({ action_id: z.enum(ACTIONS), value: z.string().max(200), action_ts: ts }))
    .length(1),
});

/** A press of a button. */
export interface Press {
  readonly action: (typeof ACTIONS)[keyof typeof ACTIONS];
  readonly value: string;
  readonly user: string;
  /** The workspace that it was pressed in, and that whoever pressed is of. */
  readonly teams: readonly string[];
  /** ms since the epoch. */
  readonly at: number;
  /** The message in whose thread the answer goes. */
  readonly place: MessagePlace;
}

/** @returns nothing for what is no press of a button of an alert */
export function pressOf(body: unknown): Press | undefined {
  const { data } = schema.safeParse(body);
  const action = data?.actions[0];
  if (data === undefined || action === undefined) return undefined;
  const { team, user, channel, message } = data;
  return {
    action: action.action_id,
    value: action.value,
    user: user.id,
    teams: [team.id, ...(user.team_id === undefined ? [] : [user.team_id])],
    at: Math.floor(Number(action.action_ts) * 1_000),
    place: { channel: channel.id, ts: message.thread_ts ?? message.ts },
  };
}
