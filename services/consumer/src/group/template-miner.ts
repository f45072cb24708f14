import { createHash } from "node:crypto";
import type { TemplateState } from "../core/types.ts";
import { mask } from "./masking.ts";

/** What stands for a word that varies and that no mask knows. */
export const WILDCARD = "<*>";

export interface TemplateMinerOptions {
  /** Words that lead through the tree before templates are compared. Default: 1. */
  readonly depth?: number;
  /** Share of equal words, from 0 to 1, from which a line belongs to a template. Default: 0.5. */
  readonly similarity?: number;
  /** Most different words at a place of the tree; more share one branch. Default: 100. */
  readonly maxChildren?: number;
  /** Most templates kept; the ones unseen the longest go. Default: 10,000. */
  readonly maxTemplates?: number;
}

export interface TemplateMatch {
  readonly fingerprint: string;
  readonly template: string;
  /** Whether the line made a new template. */
  readonly isNew: boolean;
}

interface Template {
  readonly fingerprint: string;
  readonly service: string;
  readonly tokens: string[];
  text: string;
  count: number;
  readonly firstSeen: number;
  lastSeen: number;
  /** Place in the order of use. */
  usedAt: number;
  evicted: boolean;
}

interface Node {
  readonly children: Map<string, Node>;
  /** Templates whose words led here; only at the tree's depth. */
  templates: Template[];
}

interface ServiceTree {
  readonly service: string;
  /** By the number of words. */
  readonly byLength: Map<number, Node>;
  /** Masked lines that were matched already: most lines differ in nothing but what is masked. */
  readonly known: Map<string, Template>;
}

/** Longer lines are one template with what comes after. */
const MOST_TOKENS = 100;
const LONGEST_TOKEN = 100;
/** Masked lines remembered over all services, and the longest of them; then it starts over. About 20 MiB at most. */
const MOST_KNOWN = 32_768;
const LONGEST_KNOWN = 300;
/** Share of the templates that go at once when there are too many. */
const EVICTED_SHARE = 0.05;

/**
 * Finds the template of each line, online: the Drain algorithm (He et al., "Drain: An Online Log Parsing Approach with
 * Fixed Depth Tree", ICWS 2017), with one tree for each service.
 *
 * A template's fingerprint is the hash of the service and of the template's first form, and never changes:
 * docs/adr/0101-template-fingerprints.md says why.
 */
export class TemplateMiner {
  readonly #depth: number;
  readonly #similarity: number;
  readonly #maxChildren: number;
  readonly #maxTemplates: number;
  readonly #trees = new Map<string, ServiceTree>();
  readonly #byFingerprint = new Map<string, Template>();
  readonly #dirty = new Set<Template>();
  #uses = 0;
  /** Masked lines remembered since all were forgotten. */
  #known = 0;

  constructor({
    depth = 1,
    similarity = 0.5,
    maxChildren = 100,
    maxTemplates = 10_000,
  }: TemplateMinerOptions = {}) {
    this.#depth = depth;
    this.#similarity = similarity;
    this.#maxChildren = maxChildren;
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
   */
  add(service: string, message: string, at: number): TemplateMatch {
    let tree = this.#trees.get(service);
    if (!tree) {
      tree = { service, byLength: new Map(), known: new Map() };
      this.#trees.set(service, tree);
    }
    const masked = mask(message);
    let template = tree.known.get(masked);
    let isNew = false;
    if (!template || template.evicted) {
      const tokens = tokenize(masked);
      const leaf = this.#leafOf(tree, tokens);
      template = this.#closest(leaf.templates, tokens);
      template ??= this.#byFingerprint.get(fingerprintOf(service, firstFormOf(tokens).join(" ")));
      if (template) {
        this.#generalize(template, tokens);
      } else {
        isNew = true;
        template = this.#create(tree, leaf, tokens, at);
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
  get(fingerprint: string): { service: string; template: string } | undefined {
    const template = this.#byFingerprint.get(fingerprint);
    return template && { service: template.service, template: template.text };
  }

  /** Templates that are new or different since the last call: they belong into the state. */
  takeDirty(): TemplateState[] {
    const states = [...this.#dirty]
      .filter(({ evicted }) => !evicted)
      .map(({ fingerprint, service, tokens, count, firstSeen, lastSeen }) => ({
        fingerprint,
        service,
        tokens: [...tokens],
        count,
        firstSeen,
        lastSeen,
      }));
    this.#dirty.clear();
    return states;
  }

  /** Takes templates from a state; those known already stay as they are. */
  restore(states: readonly TemplateState[]): void {
    for (const { fingerprint, service, tokens, count, firstSeen, lastSeen } of states) {
      if (this.#byFingerprint.has(fingerprint)) continue;
      let tree = this.#trees.get(service);
      if (!tree) {
        tree = { service, byLength: new Map(), known: new Map() };
        this.#trees.set(service, tree);
      }
      const words = [...tokens];
      const leaf = this.#leafOf(tree, words);
      this.#keep(leaf, {
        fingerprint,
        service,
        tokens: words,
        text: words.join(" "),
        count,
        firstSeen,
        lastSeen,
        usedAt: ++this.#uses,
        evicted: false,
      });
    }
  }

  #remember(tree: ServiceTree, masked: string, template: Template): void {
    if (masked.length > LONGEST_KNOWN) return;
    if (this.#known >= MOST_KNOWN) {
      for (const { known } of this.#trees.values()) known.clear();
      this.#known = 0;
    }
    tree.known.set(masked, template);
    this.#known++;
  }

  /** The leaf that the first words lead to. Words that share a branch become wildcards, so that they do so again. */
  #leafOf(tree: ServiceTree, tokens: string[]): Node {
    let node = childOf(tree.byLength, tokens.length);
    for (let place = 0; place < this.#depth && place < tokens.length; place++) {
      const token = tokens[place] as string;
      let child = node.children.get(token);
      if (!child) {
        if (token !== WILDCARD && (hasDigit(token) || node.children.size >= this.#maxChildren)) {
          tokens[place] = WILDCARD;
        }
        child = childOf(node.children, tokens[place] as string);
      }
      node = child;
    }
    return node;
  }

  /** The most similar template, if it is similar enough; of two, the one with fewer wildcards. */
  #closest(templates: readonly Template[], tokens: readonly string[]): Template | undefined {
    let best: Template | undefined;
    let bestEqual = -1;
    let bestWildcards = 0;
    for (const template of templates) {
      let equal = 0;
      let wildcards = 0;
      for (let place = 0; place < tokens.length; place++) {
        const token = template.tokens[place];
        if (token === WILDCARD) wildcards++;
        else if (token === tokens[place]) equal++;
      }
      if (equal > bestEqual || (equal === bestEqual && wildcards < bestWildcards)) {
        best = template;
        bestEqual = equal;
        bestWildcards = wildcards;
      }
    }
    if (!best) return undefined;
    // What is a wildcard already fits whatever stands there, and says nothing about likeness.
    const compared = tokens.length - bestWildcards;
    const isSimilar =
      compared === 0 ||
      (bestEqual / compared >= this.#similarity && bestEqual / tokens.length >= this.#similarity / 2);
    return isSimilar ? best : undefined;
  }

  #generalize(template: Template, tokens: readonly string[]): void {
    let changed = false;
    for (let place = 0; place < tokens.length; place++) {
      if (template.tokens[place] !== WILDCARD && template.tokens[place] !== tokens[place]) {
        template.tokens[place] = WILDCARD;
        changed = true;
      }
    }
    if (!changed) return;
    template.text = template.tokens.join(" ");
    this.#dirty.add(template);
  }

  #create(tree: ServiceTree, leaf: Node, tokens: string[], at: number): Template {
    const words = firstFormOf(tokens);
    const text = words.join(" ");
    const template: Template = {
      fingerprint: fingerprintOf(tree.service, text),
      service: tree.service,
      tokens: words,
      text,
      count: 0,
      firstSeen: at,
      lastSeen: at,
      usedAt: ++this.#uses,
      evicted: false,
    };
    this.#dirty.add(template);
    this.#keep(leaf, template);
    return template;
  }

  #keep(leaf: Node, template: Template): void {
    leaf.templates.push(template);
    this.#byFingerprint.set(template.fingerprint, template);
    if (this.#byFingerprint.size > this.#maxTemplates) this.#evict(template);
  }

  /** Lets the templates go that were unseen the longest, but never the newest. */
  #evict(newest: Template): void {
    const oldestFirst = [...this.#byFingerprint.values()].sort((a, b) => a.usedAt - b.usedAt);
    const surplus = Math.max(1, Math.floor(this.#maxTemplates * EVICTED_SHARE));
    for (const template of oldestFirst.slice(0, surplus)) {
      if (template === newest) continue;
      template.evicted = true;
      this.#byFingerprint.delete(template.fingerprint);
    }
    for (const [service, tree] of this.#trees) {
      for (const [length, node] of tree.byLength) if (prune(node)) tree.byLength.delete(length);
      for (const [line, { evicted }] of tree.known) if (evicted) tree.known.delete(line);
      if (tree.byLength.size === 0) this.#trees.delete(service);
    }
  }
}

/** The fingerprint of a template that begins as this text: 16 hexadecimal digits. */
export function fingerprintOf(service: string, text: string): string {
  return createHash("sha256").update(`${service}\n${text}`).digest("hex").slice(0, 16);
}

/** How a template begins: words with digits vary, most likely. */
const firstFormOf = (tokens: readonly string[]) =>
  tokens.map((token) => (hasDigit(token) ? WILDCARD : token));

function tokenize(masked: string): string[] {
  const tokens = masked === "" ? [WILDCARD] : masked.split(" ");
  if (tokens.length > MOST_TOKENS) {
    tokens.length = MOST_TOKENS;
    tokens[MOST_TOKENS - 1] = WILDCARD;
  }
  for (let place = 0; place < tokens.length; place++) {
    if ((tokens[place] as string).length > LONGEST_TOKEN) tokens[place] = WILDCARD;
  }
  return tokens;
}

function childOf<K>(children: Map<K, Node>, key: K): Node {
  let child = children.get(key);
  if (!child) {
    child = { children: new Map(), templates: [] };
    children.set(key, child);
  }
  return child;
}

/** Drops evicted templates and the branches they leave empty. */
function prune(node: Node): boolean {
  node.templates = node.templates.filter(({ evicted }) => !evicted);
  for (const [key, child] of node.children) if (prune(child)) node.children.delete(key);
  return node.templates.length === 0 && node.children.size === 0;
}

const hasDigit = (token: string) => /\d/.test(token);

const isPowerOfTwo = (count: number) => (count & (count - 1)) === 0;
