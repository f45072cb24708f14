import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../../support/run.ts";

/** A record on its way through the filters. */
export type FluentRecord = Record<string, unknown>;

/** A section of Fluent Bit's classic configuration, such as `[PARSER]`, or a plugin of its YAML, such as `INPUT`. */
export interface Section {
  readonly name: string;
  /** Keys in lower case; a key may stand several times. */
  readonly entries: readonly (readonly [key: string, value: string])[];
}

export interface FluentBitValues {
  readonly sections: readonly Section[];
  readonly parsers: readonly Section[];
  readonly luaScripts: Readonly<Record<string, string>>;
  /** The texts as the chart puts them into its ConfigMap. */
  readonly files: { readonly main: string; readonly parsers: string };
}

export const VALUES_FILE = join(ROOT, "helm-values/fluent-bit-values.yaml");

interface Values {
  readonly config: {
    readonly customParsers: string;
    readonly extraFiles: Readonly<Record<"fluent-bit.yaml", string>>;
  };
  readonly luaScripts: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

/** What the chart's templates take from its own values when the file doesn't say it. */
const CHART_DEFAULTS: Record<string, string> = { metricsPort: "2020" };

/** Reads the values file as the chart does. @param env for `${NAME}`; others stay as they are */
export function readFluentBitValues(env: Readonly<Record<string, string>> = {}): FluentBitValues {
  const values = parse(readFileSync(VALUES_FILE, "utf8")) as Values;
  const render = (text: string) =>
    text
      .replaceAll(/\{\{ \.Values\.(\w+) \}\}/g, (_, key: string) =>
        String(values[key] ?? CHART_DEFAULTS[key]),
      )
      .replaceAll(/\$\{(\w+)\}/g, (whole, key: string) => env[key] ?? whole);
  const main = render(values.config.extraFiles["fluent-bit.yaml"]);
  const parsers = render(values.config.customParsers);
  return {
    sections: sectionsOf(parse(main)),
    parsers: parseClassic(parsers),
    luaScripts: values.luaScripts,
    files: { main, parsers },
  };
}

type Scalar = string | number | boolean;
interface Plugin {
  readonly [key: string]: Scalar | readonly Scalar[] | { readonly logs: readonly Plugin[] };
}
interface Main {
  readonly service: Plugin;
  readonly pipeline: {
    readonly inputs: readonly Plugin[];
    readonly outputs: readonly Plugin[];
  };
}

/** The inputs' processors stand as filters: they are the same plugins. */
function sectionsOf({ service, pipeline: { inputs, outputs } }: Main): Section[] {
  const processors = inputs.flatMap(({ processors }) =>
    typeof processors === "object" && "logs" in processors ? processors.logs : [],
  );
  return [
    sectionOf("SERVICE", service),
    ...inputs.map((plugin) => sectionOf("INPUT", plugin)),
    ...processors.map((plugin) => sectionOf("FILTER", plugin)),
    ...outputs.map((plugin) => sectionOf("OUTPUT", plugin)),
  ];
}

function sectionOf(name: string, plugin: Plugin): Section {
  const entries = Object.entries(plugin).flatMap(([key, value]) =>
    typeof value === "object" && "logs" in value
      ? []
      : [value].flat().map((one) => [key, String(one)] as const),
  );
  return { name, entries };
}

/**
 * Reads Fluent Bit's classic format: `[SECTION]`, indented `Key Value` lines, `#` comments.
 * https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/classic-mode/format-schema
 */
function parseClassic(text: string): Section[] {
  const sections: { name: string; entries: [string, string][] }[] = [];
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      sections.push({ name: header, entries: [] });
      continue;
    }
    const [, key = "", value = ""] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    const section = sections.at(-1);
    if (!section) throw new Error(`${line}: before any section`);
    section.entries.push([key.toLowerCase(), value]);
  }
  return sections;
}

/** @throws when there is no such section */
export function named(sections: readonly Section[], section: string, name: string): Section {
  const found = sections.find((one) => one.name === section && new Keys(one).one("name") === name);
  if (!found) throw new Error(`no [${section}] ${name}`);
  return found;
}

/** The keys of a section, each of which must be among those that the reader knows: none is passed over. */
export class Keys {
  readonly #section: Section;
  readonly #unread: Set<string>;

  constructor(section: Section) {
    this.#section = section;
    this.#unread = new Set(section.entries.map(([key]) => key).filter((key) => key !== "name"));
  }

  one(key: string, fallback?: string): string {
    const value = this.all(key)[0] ?? fallback;
    if (value === undefined) throw new Error(`[${this.#section.name}] has no ${key}`);
    return value;
  }

  all(key: string): string[] {
    this.#unread.delete(key);
    return this.#section.entries.filter(([name]) => name === key).map(([, value]) => value);
  }

  on(key: string, fallback: boolean): boolean {
    return /^(on|true|yes)$/i.test(this.one(key, fallback ? "on" : "off"));
  }

  /** Keys that have no effect on what becomes of a line. */
  pass(...keys: string[]): void {
    for (const key of keys) this.#unread.delete(key);
  }

  /** @throws when a key was not read: what it does is not known here. */
  done(): void {
    if (this.#unread.size > 0) {
      const keys = [...this.#unread].join(", ");
      throw new Error(`[${this.#section.name}] ${this.one("name", "")}: not known here: ${keys}`);
    }
  }
}
