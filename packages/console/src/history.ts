import type {
  AlertShown,
  DeadLetterShown,
  Frame,
  Gauges,
  Level,
  Line,
  TemplateUpdate,
  TruthShown,
} from "./protocol.ts";

/** Most that is kept of each; the oldest goes. */
export const LIMITS = {
  /** Seconds of counts. */
  seconds: 600,
  /** Services that are told apart. */
  services: 40,
  lines: 1_000,
  templates: 400,
  /** Parts of a template's curve, each of `PART_SECONDS`. */
  parts: 60,
  alerts: 200,
  deadLetters: 100,
  truth: 100,
} as const;

/** Seconds of one part of a template's curve. */
export const PART_SECONDS = 10;
/** Where lines of services beyond the limit are counted. */
export const OTHER_SERVICES = "…";

/** What was read in one second. */
export interface Second {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly counts: { service: string; level: Level; lines: number }[];
  lagMs: number;
}

/** A template and how its lines came. */
export interface TemplateHistory extends Omit<TemplateUpdate, "lines" | "text"> {
  readonly text: string;
  /** Forms that it had before, the last one last. */
  readonly before: readonly string[];
  readonly lines: number;
  /** ms since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Lines of each part of `PART_SECONDS` that had some: when it began in seconds since the epoch, and how many. */
  readonly parts: readonly (readonly [at: number, lines: number])[];
}

/** All that a page knows that comes late. */
export interface Snapshot extends Gauges {
  /** ms since the epoch. */
  readonly at: number;
  readonly seconds: readonly Second[];
  readonly lines: readonly Line[];
  readonly templateHistories: readonly TemplateHistory[];
  readonly alerts: readonly AlertShown[];
  readonly deadLetters: readonly DeadLetterShown[];
  readonly refused: number;
  readonly truth: readonly TruthShown[];
}

const MOST_FORMS = 5;
/** Frames that are further apart than that, ms, have something between them that nobody was told. */
const MOST_BETWEEN_MS = 2_000;

/** What the last minutes brought, within bounds: the server keeps one for pages that come late, and each page its own. */
export class History implements Snapshot {
  at = 0;
  lagMs = 0;
  templates = 0;
  troubles: readonly string[] = [];
  refused = 0;
  seconds: Second[] = [];
  lines: Line[] = [];
  alerts: AlertShown[] = [];
  deadLetters: DeadLetterShown[] = [];
  readonly #templates = new Map<string, TemplateHistory>();
  readonly #truth = new Map<string, TruthShown>();
  readonly #services = new Set<string>();

  /** @param snapshot what another one knows. Default: nothing */
  constructor(snapshot?: Snapshot) {
    if (snapshot === undefined) return;
    const { templateHistories, truth, seconds, ...rest } = snapshot;
    Object.assign(this, rest);
    this.seconds = seconds.map((second) => ({ ...second }));
    for (const { counts } of seconds) for (const { service } of counts) this.#services.add(service);
    for (const template of templateHistories) this.#templates.set(template.fingerprint, template);
    for (const one of truth) this.#truth.set(one.incident, one);
  }

  /** The one that had lines last comes last. */
  get templateHistories(): TemplateHistory[] {
    return [...this.#templates.values()];
  }

  get truth(): TruthShown[] {
    return [...this.#truth.values()];
  }

  /** In the order of their names. */
  get services(): string[] {
    return [...this.#services].sort();
  }

  template(fingerprint: string): TemplateHistory | undefined {
    return this.#templates.get(fingerprint);
  }

  /** @param mostLines of the lines that it keeps, the last ones. Default: all */
  snapshot(mostLines: number = LIMITS.lines): Snapshot {
    const { at, lagMs, templates, troubles, refused, seconds, alerts, deadLetters } = this;
    return {
      ...{ at, lagMs, templates, troubles, refused, seconds, alerts, deadLetters },
      lines: this.lines.slice(-mostLines),
      templateHistories: this.templateHistories,
      truth: this.truth,
    };
  }

  apply(frame: Frame): void {
    const { at, lagMs, templates, troubles } = frame;
    this.#count(frame, at - this.at < MOST_BETWEEN_MS ? (at + this.at) / 2 : at);
    Object.assign(this, { at, lagMs, templates, troubles });
    this.refused += frame.refused;
    this.lines = last([...this.lines, ...frame.lines], LIMITS.lines);
    this.alerts = last([...this.alerts, ...frame.alerts], LIMITS.alerts);
    this.deadLetters = last([...this.deadLetters, ...frame.deadLetters], LIMITS.deadLetters);
    for (const update of frame.templateUpdates) this.#update(update, at);
    bound(this.#templates, LIMITS.templates);
    for (const one of frame.truth) put(this.#truth, one.incident, one);
    bound(this.#truth, LIMITS.truth);
  }

  /** @param middle of the frame's time, ms since the epoch: its lines are of this second, also when the frame came a little late */
  #count({ counts, lagMs }: Frame, middle: number): void {
    const now = Math.floor(middle / 1_000);
    let second = this.seconds.at(-1);
    if (second?.at !== now) {
      second = { at: now, counts: [], lagMs };
      this.seconds.push(second);
      this.seconds = last(
        this.seconds.filter((one) => one.at > now - LIMITS.seconds),
        LIMITS.seconds,
      );
    }
    second.lagMs = lagMs;
    for (const [name, level, lines] of counts) {
      const service = this.#serviceOf(name);
      const known = second.counts.find((one) => one.service === service && one.level === level);
      if (known) known.lines += lines;
      else second.counts.push({ service, level, lines });
    }
  }

  #serviceOf(name: string): string {
    if (this.#services.has(name)) return name;
    if (this.#services.size >= LIMITS.services) return OTHER_SERVICES;
    this.#services.add(name);
    return name;
  }

  #update({ lines, text, ...update }: TemplateUpdate, at: number): void {
    const known = this.#templates.get(update.fingerprint);
    const form = text ?? known?.text;
    if (form === undefined) return;
    const part = Math.floor(at / 1_000 / PART_SECONDS) * PART_SECONDS;
    const parts = known?.parts ?? [];
    const [lastPart, lastLines] = parts.at(-1) ?? [0, 0];
    const isSame = lastPart === part;
    const current = [part, lines + (isSame ? lastLines : 0)] as const;
    put(this.#templates, update.fingerprint, {
      ...update,
      isNew: update.isNew || known?.isNew === true,
      text: form,
      before:
        known && known.text !== form
          ? last([...known.before, known.text], MOST_FORMS)
          : (known?.before ?? []),
      lines: (known?.lines ?? 0) + lines,
      firstAt: known?.firstAt ?? at,
      lastAt: at,
      parts: last([...(isSame ? parts.slice(0, -1) : parts), current], LIMITS.parts),
    });
  }
}

function last<T>(items: T[], most: number): T[] {
  return items.length <= most ? items : items.slice(-most);
}

/** Puts it at the end. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
}

function bound(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
