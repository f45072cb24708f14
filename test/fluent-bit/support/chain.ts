import { LuaFactory } from "wasmoon";
import { type FluentBitValues, type FluentRecord, Keys, named, type Section } from "./config.ts";
import { MultilineJoiner, MultilineParser } from "./multiline.ts";
import { OnigRegex } from "./regex.ts";

/** What the API server knows of a pod; nothing when it doesn't answer. */
export type PodLookup = (podName: string) => { labels?: Record<string, string> } | undefined;

type Filter = (record: FluentRecord, tag: string) => FluentRecord | undefined;

/** A line of a container's log file, by its path below `/var/log/pods`: `<namespace>_<pod>_<uid>/<container>/<run>.log`. */
export interface TailedLine {
  readonly file: string;
  readonly line: string;
}

/**
 * An equal of what Fluent Bit does with the lines of container logs, made of the values file's own sections: its rules,
 * expressions, filters and their order, and its Lua. A section or key that is not known here is an error.
 */
export class FluentBitChain {
  readonly #filters: readonly Filter[];
  readonly #join: (tag: string) => MultilineJoiner;
  readonly #excluded: readonly RegExp[];
  readonly #files = new Map<string, MultilineJoiner>();
  readonly #output: (json: string) => void;

  private constructor(values: FluentBitValues, filters: readonly Filter[], output: (json: string) => void) {
    this.#filters = filters;
    this.#output = output;
    const tail = new Keys(named(values.sections, "INPUT", "tail"));
    if (tail.one("path") !== "/var/log/pods/*/*/*.log*" || tail.one("tag") !== "kube.*") {
      throw new Error("only the tag kube.* and the path of container logs are known here");
    }
    this.#excluded = tail.one("exclude_path").split(",").map(pathPattern);
    const service = values.sections.find(({ name }) => name === "SERVICE") as Section;
    const limit = bytes(new Keys(service).one("multiline_buffer_limit"));
    const parser = new MultilineParser(values.parsers, tail.one("multiline.parser"));
    this.#join = (tag) => new MultilineJoiner(parser, limit, (record) => this.#filter(record, tag));
  }

  /** @param output takes the JSON that the output sends */
  static async create(
    values: FluentBitValues,
    lookup: PodLookup,
    output: (json: string) => void,
  ): Promise<FluentBitChain> {
    const sections = values.sections.filter(({ name }) => name === "FILTER");
    const filters = await Promise.all(sections.map((section) => filterOf(section, values, lookup)));
    return new FluentBitChain(values, filters, output);
  }

  add({ file, line }: TailedLine): void {
    const path = `/var/log/pods/${file}`;
    if (this.#excluded.some((pattern) => pattern.test(path))) return;
    let joiner = this.#files.get(file);
    if (!joiner) {
      // `Tag kube.*`: the star is the path, its slashes dots.
      joiner = this.#join(`kube.${path.slice(1).replaceAll("/", ".")}`);
      this.#files.set(file, joiner);
    }
    joiner.add(line);
  }

  /** What still waits for lines below it goes on. */
  flush(): void {
    for (const joiner of this.#files.values()) joiner.flush();
  }

  #filter(record: FluentRecord, tag: string): void {
    let current: FluentRecord | undefined = record;
    for (const filter of this.#filters) {
      current = filter(current, tag);
      if (!current) return;
    }
    this.#output(JSON.stringify(current));
  }
}

/** As fnmatch without FNM_PATHNAME: a star takes slashes, too. */
const pathPattern = (glob: string) => new RegExp(`^${glob.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);

async function filterOf(section: Section, values: FluentBitValues, lookup: PodLookup): Promise<Filter> {
  const keys = new Keys(section);
  const filter = await FILTERS[keys.one("name")]?.(keys, values, lookup);
  if (!filter) throw new Error(`the filter ${keys.one("name")} is not known here`);
  keys.done();
  return filter;
}

type MakeFilter = (keys: Keys, values: FluentBitValues, lookup: PodLookup) => Filter | Promise<Filter>;

const FILTERS: Readonly<Record<string, MakeFilter>> = {
  kubernetes: (keys, values, lookup) => {
    const prefix = keys.one("kube_tag_prefix");
    const path = new OnigRegex(
      new Keys(named(values.parsers, "PARSER", keys.one("regex_parser"))).one("regex"),
    );
    const labels = keys.on("labels", true);
    if (!keys.on("merge_log", false) || keys.on("k8s-logging.parser", false))
      throw new Error("not known here");
    const merged = keys.one("merge_log_key");
    keys.pass("annotations", "buffer_size", "k8s-logging.exclude");
    return (record, tag) => {
      const tagged = path.groups(tag.slice(prefix.length));
      if (!tagged) throw new Error(`no tag of a container's log: ${tag}`);
      const { pod_name: podName = "", namespace_name, container_name } = tagged;
      const known = lookup(podName);
      // Without a token for the API server it adds nothing at all.
      if (!known) return record;
      const kubernetes = {
        pod_name: podName,
        namespace_name,
        pod_id: "5b1c3a52",
        container_name,
        ...(labels && known.labels && { labels: known.labels }),
      };
      const json = objectOf(record.log);
      return { ...record, ...(json && { [merged]: json }), kubernetes };
    };
  },

  parser: (keys, values) => {
    const key = keys.one("key_name");
    const reserve = keys.on("reserve_data", false);
    const preserve = keys.on("preserve_key", false);
    const parser = new Keys(named(values.parsers, "PARSER", keys.one("parser")));
    if (parser.one("format") !== "regex") throw new Error("only parsers of format regex are known here");
    const regex = new OnigRegex(parser.one("regex"));
    const skipEmpty = parser.on("skip_empty_values", true);
    parser.done();
    return (record) => {
      const groups = typeof record[key] === "string" ? regex.groups(record[key]) : undefined;
      if (!groups) return record;
      const parsed = Object.entries(groups).filter(([, value]) => !skipEmpty || value !== "");
      const others = Object.entries(record).filter(([name]) => (name === key ? preserve : reserve));
      return Object.fromEntries([...parsed, ...others]);
    };
  },

  record_modifier: (keys) => {
    const added = keys.all("record").map((pair) => {
      const [, name = "", value = ""] = /^(\S+)\s+(.*)$/.exec(pair) ?? [];
      return [name, value] as const;
    });
    return (record) => ({ ...record, ...Object.fromEntries(added) });
  },

  // Only the tag changes.
  rewrite_tag: (keys) => {
    const [, key = "", pattern = "", keep] = /^\$(\w+) (\S+) \S+ (\w+)$/.exec(keys.one("rule")) ?? [];
    if (keep !== "false") throw new Error("not known here");
    const regex = new OnigRegex(pattern);
    return (record) => {
      if (!regex.matches(String(record[key]))) throw new Error(`no end of a hash: ${record[key]}`);
      return record;
    };
  },

  lua: async (keys, values) => {
    const script = values.luaScripts[keys.one("script").replace("/fluent-bit/scripts/", "")];
    if (script === undefined) throw new Error("the script is not in luaScripts");
    const factory = new LuaFactory();
    for (const [name, text] of Object.entries(values.luaScripts)) {
      await factory.mountFile(`/fluent-bit/scripts/${name}`, text);
    }
    const lua = await factory.createEngine({ enableProxy: false });
    await lua.doString(script);
    const call = keys.one("call");
    return (record, tag) => {
      const [code, , changed] = lua.global.call(call, tag, 0, record) as [number, number, FluentRecord];
      if (![-1, 0, 1, 2].includes(code)) throw new Error(`${call} gave ${code}`);
      if (code === -1) return undefined;
      return code === 0 ? record : changed;
    };
  },
};

/** The JSON object that a whole text is; Fluent Bit merges nothing else. */
function objectOf(log: unknown): object | undefined {
  if (typeof log !== "string" || !log.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(log) as object;
  } catch {
    return undefined;
  }
}

/** `384K` in bytes. */
function bytes(size: string): number {
  const [, number = "", unit = ""] = /^(\d+)([KM]?)$/.exec(size) ?? [];
  return Number(number) * { "": 1, K: 1024, M: 1024 ** 2 }[unit as "" | "K" | "M"];
}
