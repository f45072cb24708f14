/** What the page is told. Every text in it is redacted and bounded before it comes here, and is shown as text. */

import type { Language } from "@cali/settings/languages";

export { LANGUAGES, type Language } from "@cali/settings/languages";

/** Those of a log record, which the page doesn't bring along. */
export const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;
export type Level = (typeof LEVELS)[number];

/** A log line as it is shown. */
export interface Line {
  /** When it was logged, ms since the epoch. */
  readonly at: number;
  readonly service: string;
  readonly level: Level;
  readonly text: string;
}

/** A template's form of now, and how many lines of it came since the last frame. */
export interface TemplateUpdate {
  readonly fingerprint: string;
  readonly service: string;
  readonly level: Level;
  readonly lines: number;
  /** Undefined: it is what it was. */
  readonly text?: string;
  /** Whether nobody had seen it before. */
  readonly isNew: boolean;
}

/** Text in one of the styles that Slack has. */
export interface Words {
  readonly text: string;
  readonly style?: "bold" | "italic" | "code";
  /** An http or https address behind it. */
  readonly url?: string;
}

/** A part of a message as Slack shows it. */
export type Block =
  | { readonly kind: "heading"; readonly words: readonly Words[] }
  | { readonly kind: "paragraph"; readonly words: readonly Words[] }
  | { readonly kind: "small"; readonly words: readonly Words[] }
  | { readonly kind: "fields"; readonly fields: readonly (readonly Words[])[] }
  | { readonly kind: "listing"; readonly title: string; readonly text: string };

/** An alert, in the words that Slack is sent. */
export interface AlertShown {
  readonly id: string;
  /** When it was raised, ms since the epoch. */
  readonly at: number;
  readonly fingerprint: string;
  readonly service: string;
  readonly level: Level;
  readonly summary: string;
  readonly message: Readonly<Record<Language, readonly Block[]>>;
  /** What answered; undefined: the cause is unknown. */
  readonly tier?: string;
  /** The knowledge base's entry that people may confirm or reject; undefined: there is none. */
  readonly entry?: string;
  readonly isProposed: boolean;
  /** Alerts of connected services within some minutes: the id of the first of them. */
  readonly incident?: string;
}

/** What could not be read. */
export interface DeadLetterShown {
  readonly at: number;
  readonly reason: string;
  /** Its length. */
  readonly bytes: number;
  /** Its beginning: what is no text is written as `\x00`. */
  readonly text: string;
}

/** What the generator of logs knows of an incident that it plays. */
export interface TruthShown {
  readonly incident: string;
  readonly services: readonly string[];
  /** Times of its first and last line, ms since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** What is measured now. */
export interface Gauges {
  /** ms behind the newest record. */
  readonly lagMs: number;
  /** Templates known. */
  readonly templates: number;
  /** What cannot be done right now. */
  readonly troubles: readonly string[];
}

/** What happened within a second, or less when an alert ends it. */
export interface Frame extends Gauges {
  /** ms since the epoch. */
  readonly at: number;
  /** Lines that were read, by service and level. */
  readonly counts: readonly (readonly [service: string, level: Level, lines: number])[];
  /** Some of them. */
  readonly lines: readonly Line[];
  readonly templateUpdates: readonly TemplateUpdate[];
  readonly alerts: readonly AlertShown[];
  readonly deadLetters: readonly DeadLetterShown[];
  /** Dead letters in all since the last frame. */
  readonly refused: number;
  readonly truth: readonly TruthShown[];
}

/** What the page may do. */
export interface About {
  readonly views: readonly string[];
  /** Whether votes are taken at all. */
  readonly mayChange: boolean;
  /** What changes something is asked for with it, where the page need not ask a person for it. */
  readonly token?: string;
}

/** From the consumer's thread to the server's. */
export type ToServer =
  /** A `Frame` as JSON: written once, for the history and for every page. */
  | { readonly kind: "frame"; readonly json: string }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly message: string };

/** From the server's thread to the consumer's. */
export type FromServer =
  | { readonly kind: "listening"; readonly port: number }
  /** How many look on. */
  | { readonly kind: "watching"; readonly count: number }
  | { readonly kind: "ask"; readonly id: number; readonly name: string; readonly input: unknown };

/** A console that serves its page. */
export interface Console {
  readonly url: string;
  /** Whether any page looks on. */
  readonly isWatched: boolean;
  tell(frame: Frame): void;
  close(): Promise<void>;
}
