import type { Level } from "@cali/log-record";
import { CatalogueError } from "../errors.ts";
import type { Random } from "../random.ts";
import { SLOTS, type Slot, type SlotContext } from "./slots.ts";

/** What kind of failure a stack trace shows; decides its exception and library frames. */
export type StackKind = "database" | "network" | "memory" | "data";

/** A line that a healthy service writes. */
export interface NormalSpec {
  level: "DEBUG" | "INFO";
  text: string;
}

/** A line that says that something is wrong. */
export interface ErrorSpec {
  /** Unique; the template's id is `<service>.<name>`. */
  name: string;
  /** Id of what causes it: the same for all templates that one entry of a knowledge base explains. */
  cause: string;
  level: "WARN" | "ERROR" | "FATAL";
  /** Services that write it; all of them when absent. */
  services?: readonly string[];
  /** Written at the end of the message as `error_code=…`. */
  code?: string;
  /** May be followed by a stack trace of this kind. */
  stack?: StackKind;
  /** With `{slots}`, see slots.ts. */
  text: string;
}

/** A template of one service, ready to be filled. */
export interface Template {
  /** `<service>.<name>`; unique. */
  id: string;
  level: Level;
  /** Id of the known cause; only of WARN, ERROR and FATAL. */
  cause?: string;
  code?: string;
  stack?: StackKind;
  /** The text around the slots: one more than there are slots. */
  texts: readonly string[];
  slots: readonly Slot[];
}

/**
 * @throws CatalogueError when the text names a slot that does not exist.
 */
export function compileTemplate(id: string, spec: NormalSpec | ErrorSpec): Template {
  const code = "code" in spec ? spec.code : undefined;
  const whole = code === undefined ? spec.text : `${spec.text} error_code=${code}`;
  const parts = whole.split(/\{([a-z]+)\}/);
  const names = parts.filter((_, index) => index % 2 === 1);
  const slots = names.map((name) => {
    const slot = SLOTS[name];
    if (slot !== undefined) return slot;
    throw new CatalogueError(
      `template ${id}: given slot {${name}}, allowed ${Object.keys(SLOTS).join(", ")}`,
    );
  });
  const template: Template = {
    id,
    level: spec.level,
    texts: parts.filter((_, index) => index % 2 === 0),
    slots,
  };
  if (!("cause" in spec)) return template;
  return { ...template, cause: spec.cause, code, stack: spec.stack };
}

/** The template's text with every slot filled. */
export function fillTemplate(template: Template, random: Random, context: SlotContext): string {
  const { texts, slots } = template;
  let message = texts[0] as string;
  for (let index = 0; index < slots.length; index += 1) {
    const slot = slots[index] as Slot;
    message += slot(random, context) + (texts[index + 1] as string);
  }
  return message;
}
