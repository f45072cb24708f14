import { NamedError } from "@cali/base";
import { LEVELS } from "@cali/log-record";
import { ConfigError, parseSettings, parseYaml, problemText } from "@cali/settings";
import { z } from "zod";
import { readPattern } from "../signature/pattern.ts";

/** Something in the files of known errors is wrong; the message lists every problem: where, given, allowed. */
class ProductFileError extends NamedError {}

const NAME = /^[a-z0-9][a-z0-9-]{1,59}$/;
const name = z.string().regex(NAME, "2 to 60 of a-z, 0-9 and -");
const text = (most: number) =>
  z.string().refine((value) => value.trim() === value && value.length > 0 && value.length <= most, {
    message: `1 to ${most} characters, no space around them`,
  });
const url = z.url({ protocol: /^https?$/, message: "an address, https://…" }).max(500);

/** What any client says of a connection, whatever its runtime: the names of entries. */
const ANY_CLIENTS: Readonly<Record<string, readonly string[]>> = {
  refused: ["node-econnrefused", "http-connection-refused", "dotnet-socket-refused"],
  "no-answer": ["node-etimedout", "http-connect-timeout", "go-deadline-exceeded"],
  reset: ["node-econnreset", "http-connection-reset", "node-epipe"],
};

/** One error of a product. */
const entrySchema = z.strictObject({
  /** Each once in all files; other things refer to it, so it stays. */
  name,
  /** The name of the entry that this is a narrower case of. */
  broader: name.optional(),
  /**
   * The error as products, versions and drivers print it: `<placeholder>` stands for what varies, `**word**` marks a word that has to
   * be there. Three or more marked words that say enough are the error in whatever wrapper, beside the product's name.
   */
  patterns: z.array(text(2_000)).min(1, "at least one pattern"),
  /** Error codes that its lines carry, each as it is printed: `40P01`, `ORA-00060`. */
  codes: z.array(text(64)).min(1).optional(),
  /** Full names of the exceptions that it is thrown as. */
  exceptions: z.array(text(200)).min(1).optional(),
  /**
   * What no other error has, so that a line with one is this error however it is worded: the name of an exception or a reason, in its
   * case, such as `ERR_REQUIRE_ESM`, `not_in_channel`, `ORA-12541`. Each once in all files.
   */
  names: z
    .array(
      z
        .string()
        .regex(
          /^(?=.{4,100}$)[A-Za-z_$][\w$]*(?:::[\w$]+)*(?:-\d{4,5})?$/,
          "a name of 4 to 100 characters, or a code such as ORA-12541",
        ),
    )
    .min(1)
    .optional(),
  /** Words with which a line is another error, in any case: `smtp` where mail servers say the same. */
  unless: z.array(text(100)).min(1).optional(),
  /**
   * What any client says of any server, and what is this error where the line says one of `says`, in any case, or at the product's port, or
   * where it names the product and no other server: `of` are the names of the entries that it is otherwise, or `refused`, `no-answer` and
   * `reset` for all of a connection's. At least one of `says` and `port`.
   */
  instead: z
    .strictObject({
      of: z.array(name).min(1),
      says: z.array(text(100)).min(1).optional(),
      port: z.int().min(1).max(65_535).optional(),
    })
    .refine(({ says, port }) => says !== undefined || port !== undefined, "with says or port")
    .transform(({ of, ...rest }) => ({ ...rest, of: of.flatMap((one) => ANY_CLIENTS[one] ?? [one]) }))
    .optional(),
  /** Whether it says only that something failed, and not what: any other error in the same lines goes before it. Default: false. */
  wraps: z.boolean().optional(),
  /** The level of its lines. */
  level: z.enum(LEVELS).optional(),
  /** Why it happens. */
  cause: text(1_000),
  /** What to do about it. */
  action: text(1_000),
  /** Where it says more. */
  runbook: url.optional(),
  /** Where its messages were read. */
  source: z.array(url).min(1, "at least one address"),
});

const productSchema = z.strictObject({ product: name, entries: z.array(entrySchema).min(1) });

/** A known error as it stands in its product's file. */
export type ProductEntry = z.output<typeof entrySchema> & { readonly product: string };

/** @throws ProductFileError with every problem in any of the files */
export function parseProducts(
  files: readonly { readonly file: string; readonly text: string }[],
): ProductEntry[] {
  const problems: string[] = [];
  const found = files.flatMap((file) => parseProduct(file, problems));
  const placeOf = new Map<string, string>();
  for (const { entry, place, refuse } of found) {
    const before = placeOf.get(entry.name);
    if (before !== undefined) refuse("name", `${entry.name}, which ${before} has`, "each name once");
    placeOf.set(entry.name, place("name"));
  }
  const ownerOf = new Map<string, string>();
  for (const { entry, refuse } of found) {
    for (const pattern of entry.patterns) {
      const mark = idleMarkOf(pattern);
      if (mark !== undefined)
        refuse("patterns", `**${mark}** of ${pattern}`, "marks around words that never vary");
    }
    for (const own of entry.names ?? []) {
      const owner = ownerOf.get(own);
      if (owner !== undefined) refuse("names", `${own}, which ${owner} has`, "each name once");
      ownerOf.set(own, entry.name);
    }
    if (entry.broader !== undefined && (entry.broader === entry.name || !placeOf.has(entry.broader)))
      refuse("broader", entry.broader, "the name of another entry");
    for (const other of entry.instead?.of ?? []) {
      if (other === entry.name || !placeOf.has(other)) refuse("instead", other, "names of other entries");
    }
  }
  if (problems.length > 0)
    throw new ProductFileError(`${problems.length} problem(s) in known errors:\n  ${problems.join("\n  ")}`);
  return found.map(({ entry }) => entry);
}

/** What a pattern marks to no avail: it reads as what varies (a number, an id, a placeholder), or says nothing of an error. */
function idleMarkOf(pattern: string): string | undefined {
  const plain = pattern.replaceAll("**", "");
  return [...pattern.matchAll(/\*\*([^*]+)\*\*/g)].flatMap(([, mark = ""]) => {
    const { required, exceptions, names } = readPattern(plain.replace(mark, `**${mark}**`));
    return required.length + exceptions.length + names.length === 0 ? [mark] : [];
  })[0];
}

interface Found {
  readonly entry: ProductEntry;
  /** `redis.yaml:12` */
  readonly place: (key: string) => string;
  readonly refuse: (key: string, given: string, allowed: string) => void;
}

function parseProduct({ file, text }: { file: string; text: string }, problems: string[]): Found[] {
  try {
    const source = parseYaml(text, file);
    const { product, entries } = parseSettings(productSchema, source);
    const refuse = (path: PropertyKey[], given: string, allowed: string) =>
      problems.push(problemText({ key: path.join("."), line: source.lineOf(path), given, allowed }, file));
    if (`${product}.yaml` !== file) refuse(["product"], product, "the file's name without .yaml");
    return entries.map((entry, index) => ({
      entry: { ...entry, product },
      place: (key) => `${file}:${source.lineOf(["entries", index, key])}`,
      refuse: (key, given, allowed) => refuse(["entries", index, key], given, allowed),
    }));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems.map((problem) => problemText(problem, file)));
    return [];
  }
}
