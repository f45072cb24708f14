import { createHash } from "node:crypto";
import type { GroupMeta, TemplateState } from "../core/types.ts";
import { mask } from "./masking.ts";
import { type Pattern, TemplateIndex, variablesOf } from "./template-index.ts";
import { WILDCARD, type Words, wordsOf } from "./words.ts";

export { WILDCARD } from "./words.ts";

export interface TemplateMinerOptions {
  /** Most templates kept; the ones unseen the longest go. Default: 10,000. */
  readonly maxTemplates?: number;
}

export interface TemplateMatch {
  readonly fingerprint: string;
  readonly template: string;
  /** Whether the line made a new template. */
  readonly isNew: boolean;
}

interface Template extends Pattern {
  readonly fingerprint: string;
  readonly service: string;
  /** What is different although the words are alike; undefined: it is from a state that did not know. */
  identity: string | undefined;
  /** The words as they are shown, each with the blank before it. */
  shown: string[];
  text: string;
  count: number;
  readonly firstSeen: number;
  lastSeen: number;
  /** Place in the order of use. */
  usedAt: number;
  evicted: boolean;
  /** The template that its lines belong to now. */
  mergedInto?: Template;
}

/** Templates of one service and one identity. */
interface Tree {
  readonly byLength: Map<number, TemplateIndex<Template>>;
  /** Masked lines that were matched already: most lines differ in nothing but what is masked. */
  readonly known: Map<string, Template>;
}

/** Masked lines remembered over all services, and the longest of them; then it starts over. About 20 MiB at most. */
const MOST_KNOWN = 32_768;
const LONGEST_KNOWN = 300;
/** Share of the templates that go at once when there are too many. */
const EVICTED_SHARE = 0.05;

/**
 * Finds the template of each line, online. Lines with the same words belong together, once what varies by its looks (numbers, paths,
 * hosts, dates) is masked. A word becomes a variable when five different ones were seen in its place with all else equal; until then
 * each is a template of its own. Lines of different identity, such as two error codes in one wording, never meet.
 *
 * A template's fingerprint is the hash of the service and of the template's first form, and never changes; of templates that become
 * one, the oldest keeps its own: docs/adr/0101-template-fingerprints.md says why.
 */
export class TemplateMiner {
  readonly #maxTemplates: number;
  /** By service, then by identity. Those from a state that knew no identity are under `undefined`, until a line claims them. */
  readonly #trees = new Map<string, Map<string | undefined, Tree>>();
  readonly #byFingerprint = new Map<string, Template>();
  readonly #dirty = new Set<Template>();
  #uses = 0;
  /** Masked lines remembered since all were forgotten. */
  #known = 0;

  constructor({ maxTemplates = 10_000 }: TemplateMinerOptions = {}) {
    this.#maxTemplates = maxTemplates;
  }

  /** Templates known. */
  get size(): number {
    return this.#byFingerprint.size;
  }

  /**
   * Finds or makes the template of a line.
   *
   * @param at time in ms since the epoch.
   * @param identity what makes it another error than one in the same words; `identityOf`.
   */
  add(service: string, message: string, at: number, identity = ""): TemplateMatch {
    const tree = this.#treeOf(service, identity);
    const masked = mask(message);
    const known = tree.known.get(masked);
    let template = known && ownerOf(known);
    let isNew = false;
    if (!template || template.evicted) {
      const words = firstFormOf(wordsOf(masked));
      const fingerprint = fingerprintOf(service, words.shown.join(""), identity);
      template =
        this.#find(tree, words) ?? this.#claim(tree, service, identity, words) ?? this.#get(fingerprint);
      if (!template) {
        const made = newTemplate({ fingerprint, service, identity, ...words, firstSeen: at, lastSeen: at });
        template = this.#settle(tree, made);
        isNew = template === made;
        if (isNew) this.#dirty.add(made);
      }
      this.#remember(tree, masked, template);
    }
    template.count++;
    template.lastSeen = at;
    template.usedAt = ++this.#uses;
    // The kept count may lag behind, so that a busy template isn't written with every batch.
    if (isPowerOfTwo(template.count)) this.#dirty.add(template);
    return { fingerprint: template.fingerprint, template: template.text, isNew };
  }

  /** What is known of a fingerprint; undefined: nothing, or no longer. */
  get(fingerprint: string): { service: string; template: string; identity?: string } | undefined {
    const found = this.#byFingerprint.get(fingerprint);
    if (!found) return undefined;
    const { service, text, identity } = found;
    return { service, template: text, ...(identity !== undefined && { identity }) };
  }

  /** The fingerprint that lines of this one have now: another one when its template became one with others. */
  resolve(fingerprint: string): string {
    return this.#get(fingerprint)?.fingerprint ?? fingerprint;
  }

  /** Templates that are new or different since the last call: they belong into the state. */
  takeDirty(): TemplateState[] {
    const states = [...this.#dirty].filter(({ evicted }) => !evicted).map(stateOf);
    this.#dirty.clear();
    return states;
  }

  /** Takes templates from a state; those known already stay as they are. */
  restore(states: readonly TemplateState[]): void {
    const merged: [Template, string][] = [];
    for (const state of states) {
      if (this.#byFingerprint.has(state.fingerprint)) continue;
      const template = templateOf(state);
      template.usedAt = ++this.#uses;
      this.#byFingerprint.set(template.fingerprint, template);
      if (state.mergedInto === undefined)
        this.#settle(this.#treeOf(template.service, template.identity), template);
      else merged.push([template, state.mergedInto]);
    }
    for (const [template, into] of merged) {
      const owner = this.#get(into);
      if (owner && owner !== template) template.mergedInto = owner;
      else this.#settle(this.#treeOf(template.service, template.identity), template);
    }
    this.#makeRoom();
  }

  #treeOf(service: string, identity: string | undefined): Tree {
    const trees = this.#trees.get(service) ?? new Map<string | undefined, Tree>();
    this.#trees.set(service, trees);
    const tree = trees.get(identity) ?? { byLength: new Map(), known: new Map() };
    trees.set(identity, tree);
    return tree;
  }

  #get(fingerprint: string): Template | undefined {
    const known = this.#byFingerprint.get(fingerprint);
    const owner = known && ownerOf(known);
    return owner?.evicted ? undefined : owner;
  }

  #find(tree: Tree, words: Words): Template | undefined {
    const template = tree.byLength.get(words.keys.length)?.find(words.keys);
    if (template) this.#showOnlyWhatIsCommon(template, words);
    return template;
  }

  /** A template of a state that knew no identity belongs to the first line that fits it, under its old fingerprint. */
  #claim(tree: Tree, service: string, identity: string, words: Words): Template | undefined {
    const old = this.#trees.get(service)?.get(undefined);
    const template = old && this.#find(old, words);
    if (!template) return undefined;
    old.byLength.get(words.keys.length)?.remove(template);
    template.identity = identity;
    this.#dirty.add(template);
    return this.#settle(tree, template);
  }

  /** Puts a template among the others, and makes one of those that turn out to be one. @returns what its lines belong to. */
  #settle(tree: Tree, template: Template): Template {
    const length = template.keys.length;
    const index = tree.byLength.get(length) ?? new TemplateIndex<Template>();
    tree.byLength.set(length, index);
    let owner = template;
    for (let merged = index.add(owner); merged; merged = index.add(owner)) {
      owner = merged.members.reduce((a, b) => (this.#isOlder(b, a) ? b : a));
      for (const member of merged.members) index.remove(member);
      this.#merge(owner, merged.members, merged.place);
    }
    if (owner === template) {
      this.#byFingerprint.set(template.fingerprint, template);
      this.#makeRoom(template);
    }
    return owner;
  }

  #merge(owner: Template, members: readonly Template[], place: number): void {
    owner.variables = variablesOf(members, place);
    for (const variable of owner.variables) {
      owner.keys[variable] = WILDCARD;
      owner.shown[variable] = asShown(owner.shown[variable] as string, WILDCARD);
    }
    owner.text = owner.shown.join("");
    this.#dirty.add(owner);
    for (const member of members) {
      if (member === owner) continue;
      member.mergedInto = owner;
      owner.count += member.count;
      // One that was made for this line alone, nobody knows.
      if (this.#byFingerprint.get(member.fingerprint) === member) this.#dirty.add(member);
    }
  }

  /** Known ones before the one that was just made; the same order in every process. */
  #isOlder(a: Template, b: Template): boolean {
    const [isKnown, isOtherKnown] = [a, b].map((one) => this.#byFingerprint.get(one.fingerprint) === one);
    if (isKnown !== isOtherKnown) return isKnown === true;
    return a.firstSeen - b.firstSeen < 0 || (a.firstSeen === b.firstSeen && a.fingerprint < b.fingerprint);
  }

  /** What is masked alike may have been shown differently: `<IP>` and `db.example.com`. */
  #showOnlyWhatIsCommon(template: Template, { shown }: Words): void {
    let changed = false;
    for (const [place, word] of shown.entries()) {
      const before = template.shown[place] as string;
      if (before === word) continue;
      const common = asShown(before, template.keys[place] as string);
      changed ||= common !== before;
      template.shown[place] = common;
    }
    if (!changed) return;
    template.text = template.shown.join("");
    this.#dirty.add(template);
  }

  #remember(tree: Tree, masked: string, template: Template): void {
    if (masked.length > LONGEST_KNOWN) return;
    if (this.#known >= MOST_KNOWN) {
      for (const trees of this.#trees.values()) for (const { known } of trees.values()) known.clear();
      this.#known = 0;
    }
    tree.known.set(masked, template);
    this.#known++;
  }

  /** Lets the templates go that were unseen the longest, when there are too many, but never the newest. */
  #makeRoom(newest?: Template): void {
    while (this.#byFingerprint.size > this.#maxTemplates) {
      const oldestFirst = [...this.#byFingerprint.values()]
        .filter((template) => template !== newest)
        .sort((a, b) => a.usedAt - b.usedAt);
      const surplus = Math.max(1, Math.floor(this.#maxTemplates * EVICTED_SHARE));
      for (const template of oldestFirst.slice(0, surplus)) this.#evict(template);
      this.#prune();
    }
  }

  #evict(template: Template): void {
    const { service, identity, keys, mergedInto } = template;
    template.evicted = true;
    this.#byFingerprint.delete(template.fingerprint);
    if (!mergedInto) this.#trees.get(service)?.get(identity)?.byLength.get(keys.length)?.remove(template);
  }

  /** Drops what holds no template any more. */
  #prune(): void {
    for (const [service, trees] of this.#trees) {
      for (const [identity, { byLength, known }] of trees) {
        for (const [length, index] of byLength) if (index.isEmpty) byLength.delete(length);
        for (const [line, template] of known) if (ownerOf(template).evicted) known.delete(line);
        if (byLength.size === 0) trees.delete(identity);
      }
      if (trees.size === 0) this.#trees.delete(service);
    }
  }
}

/**
 * Templates of a state as general as they were notified: of two replicas or shards, an older consumer kept the form that was written last,
 * which may have been the earlier one.
 */
export function asNotified(states: readonly TemplateState[], groups: readonly GroupMeta[]): TemplateState[] {
  const notified = new Map(groups.map(({ fingerprint, template }) => [fingerprint, template]));
  return states.map((state) => {
    const tokens = notified.get(state.fingerprint)?.split(" ");
    const isKnown = state.identity !== undefined || tokens?.length !== state.tokens.length;
    return isKnown ? state : { ...state, tokens };
  });
}

/** The fingerprint of a template that begins as this text: 16 hexadecimal digits. */
export function fingerprintOf(service: string, text: string, identity = ""): string {
  // The text itself already distinguishes it.
  const extra = identity.split("\n").filter((part) => !text.includes(part));
  const hashed = [service, text, ...extra].join("\n");
  return createHash("sha256").update(hashed).digest("hex").slice(0, 16);
}

/** How a template begins: words with digits vary, most likely. */
function firstFormOf({ keys, shown }: Words): Words {
  return {
    keys,
    shown: shown.map((text) => (/\d/.test(text) ? text.replaceAll(/\S*\d\S*/g, WILDCARD) : text)),
  };
}

function newTemplate(
  fields: Pick<Template, "fingerprint" | "service" | "identity" | "firstSeen" | "lastSeen"> & Words,
): Template {
  const { keys, shown } = fields;
  const text = shown.join("");
  return {
    ...fields,
    keys: [...keys],
    shown: [...shown],
    text,
    variables: [],
    count: 0,
    usedAt: 0,
    evicted: false,
  };
}

function stateOf(template: Template): TemplateState {
  const {
    fingerprint,
    service,
    text,
    identity,
    variables,
    keys,
    shown,
    count,
    firstSeen,
    lastSeen,
    mergedInto,
  } = template;
  const again = wordsOf(text);
  const isPlain = areSame(again.keys, keys) && areSame(again.shown, shown);
  return {
    fingerprint,
    service,
    tokens: text.split(" "),
    count,
    firstSeen,
    lastSeen,
    ...(identity !== undefined && { identity }),
    ...(variables.length > 0 && { variables: [...variables] }),
    ...(!isPlain && { words: { keys: [...keys], shown: [...shown] } }),
    ...(mergedInto && { mergedInto: mergedInto.fingerprint }),
  };
}

function templateOf(state: TemplateState): Template {
  const { fingerprint, service, tokens, count, firstSeen, lastSeen, identity } = state;
  const words = state.words ?? wordsOf(tokens.join(" "));
  const template = newTemplate({ fingerprint, service, identity, firstSeen, lastSeen, ...words });
  template.count = count;
  // An older consumer took each word for variable that it shows as a wildcard.
  const isOld = identity === undefined;
  template.variables = state.variables?.slice() ?? (isOld ? placesOf(words.keys, WILDCARD, words.shown) : []);
  return template;
}

const placesOf = (keys: readonly string[], key: string, shown: readonly string[]) =>
  keys.flatMap((one, place) => (one === key && shown[place]?.trim() === WILDCARD ? [place] : []));

const areSame = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((value, place) => value === b[place]);

/** Another word with the same blank before it. */
const asShown = (before: string, word: string) => `${before.startsWith(" ") ? " " : ""}${word}`;

function ownerOf(template: Template): Template {
  let owner = template;
  while (owner.mergedInto) owner = owner.mergedInto;
  return owner;
}

const isPowerOfTwo = (count: number) => (count & (count - 1)) === 0;
