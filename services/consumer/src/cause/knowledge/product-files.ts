import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { type KnownErrors, makeKnownErrors } from "./known-errors.ts";

const HERE = import.meta.dirname;
const FOLDER = join(HERE, "../../../knowledge/products");
/** What the files are read by. */
const READERS = [HERE, join(HERE, "../signature"), join(HERE, "../../redact")];

const EDITION = "known-errors-";
/** Editions that stay, the newest: whoever edits the files makes one each time. */
const KEPT = 3;

let folder: string | undefined;

/**
 * Reads a part of what is known of the files of `knowledge/products/`; the bundled program has it beside itself, made when it was built.
 * Here it is kept beside the installed packages, under the hash of the files and of what reads them.
 * @throws ProductFileError with every problem in any of the files
 */
export function readKnown<Part extends keyof KnownErrors>(part: Part): KnownErrors[Part] {
  const files = textsOf(FOLDER);
  folder ??= folderOf(files);
  try {
    return JSON.parse(readFileSync(join(folder, `${part}.json`), "utf8"));
  } catch {
    const known = makeKnownErrors(files);
    keep(folder, known);
    return known[part];
  }
}

const textsOf = (from: string) =>
  readdirSync(from, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(?:ts|json|yaml)$/.test(file))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(from, file), "utf8") }));

function folderOf(files: ReturnType<typeof textsOf>): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([READERS.map(textsOf), files]))
    .digest("hex");
  const packages = dirname(dirname(createRequire(import.meta.url).resolve("zod/package.json")));
  return join(packages, `.cache/cali/${EDITION}${hash.slice(0, 32)}`);
}

function keep(folder: string, known: KnownErrors): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [part, value] of Object.entries(known)) {
      const path = join(folder, `${part}.json`);
      writeFileSync(`${path}.${process.pid}`, JSON.stringify(value));
      renameSync(`${path}.${process.pid}`, path);
    }
    forgetOlder(folder);
  } catch {
    // A checkout that cannot be written to is read anew each time.
  }
}

function forgetOlder(folder: string): void {
  const others = readdirSync(dirname(folder))
    .filter((name) => name.startsWith(EDITION) && name !== basename(folder))
    .map((name) => join(dirname(folder), name))
    .map((path) => ({ path, madeAt: statSync(path).mtimeMs }))
    .sort((a, b) => b.madeAt - a.madeAt);
  for (const { path } of others.slice(KEPT - 1)) rmSync(path, { recursive: true, force: true });
}
