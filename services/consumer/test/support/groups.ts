import type { GroupMeta, Position } from "../../src/core/types.ts";
import { type Group, newGroup } from "../../src/group/group.ts";
import { newTally, type Tally } from "../../src/group/tally.ts";
import { START } from "./grouper-harness.ts";

export const at = (sequenceNumber: number, index = 0): Position => ({
  sequenceNumber: String(sequenceNumber),
  index,
});
export const tally = (over: Partial<Tally> = {}): Tally => ({ ...newTally(at(1), START), ...over });
export const meta = (over: Partial<GroupMeta> = {}): GroupMeta => ({
  fingerprint: "f",
  service: "auth",
  template: "disk is full",
  level: "ERROR",
  createdAt: START,
  notifiedAt: START,
  notifiedTotals: {},
  notifications: 1,
  ...over,
});
export function group(
  tallies: Readonly<Record<string, Partial<Tally>>> = {},
  over: Partial<Group> = {},
): Group {
  const made = newGroup({
    fingerprint: "f",
    service: "auth",
    template: "disk is full",
    createdAt: START,
    startsNew: false,
  });
  for (const [shardId, one] of Object.entries(tallies)) made.tallies.set(shardId, tally(one));
  return Object.assign(made, over);
}
