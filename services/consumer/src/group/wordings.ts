import { type Group, rank, totalsOf } from "./group.ts";

/** Most groups that are notified with another one: they are one commit. */
const MOST_ALONG = 10;

/**
 * Groups of one service in the same words. Where the lines of one say most (they have the stack trace, or the exception's type) and those
 * of each other one say a part of that, they are of one error, and are notified as one: the groups and their counts stay as they are.
 * Where two say different things, nobody knows of which of them the others are, and each stands for itself.
 */
export class Wordings {
  readonly #toldBy = new Map<Group, NonNullable<Group["toldBy"]>>();

  /** @param standsApart whether a group is notified for itself, although it is of one error with another one */
  constructor(groups: Iterable<Group>, standsApart: (group: Group) => boolean) {
    const alike = new Map<string, Group[]>();
    for (const group of groups) {
      if (group.identity === undefined) continue;
      const wording = `${group.service}\n${group.template}`;
      const some = alike.get(wording);
      if (some) some.push(group);
      else alike.set(wording, [group]);
    }
    for (const some of alike.values()) if (some.length > 1) this.#join(some, standsApart);
  }

  /** The group whose alert tells of this one, with all that it tells of; undefined: it stands for itself. */
  toldBy(group: Group): Group["toldBy"] {
    return this.#toldBy.get(group);
  }

  #join(alike: readonly Group[], standsApart: (group: Group) => boolean): void {
    const lead = alike.reduce((a, b) => (partsOf(b).size > partsOf(a).size ? b : a));
    const says = partsOf(lead);
    const others = alike.filter((group) => group !== lead);
    if (
      others.some(
        (group) => partsOf(group).size >= says.size || ![...partsOf(group)].every((part) => says.has(part)),
      )
    )
      return;
    // It has been let go, or another process counts it: nothing would be said of it.
    if (lead.leaving || (lead.meta?.notifiedAt === undefined && totalsOf(lead).pending === 0)) return;
    const along = others
      .filter((group) => !isGraverNews(group, lead) && !standsApart(group))
      .slice(0, MOST_ALONG);
    for (const group of [lead, ...along]) this.#toldBy.set(group, { lead, along });
  }
}

/** Whether a group that was never notified is graver than what was told of the error. */
const isGraverNews = (group: Group, { meta }: Group) =>
  group.meta?.notifiedAt === undefined &&
  meta?.notifiedAt !== undefined &&
  rank(totalsOf(group).level) > rank(meta.level);

const partsOf = ({ identity = "" }: Group) => new Set(identity.split("\n").filter((part) => part !== ""));
