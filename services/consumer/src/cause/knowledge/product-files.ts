import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type ProductEntry, parseProducts } from "./products.ts";

const FOLDER = join(import.meta.dirname, "../../../knowledge/products");

/** The known errors of `knowledge/products/`. The bundled program has them inside, read when it was built. */
export const PRODUCTS: readonly ProductEntry[] = readOnce(FOLDER);

/**
 * Reads all files of a folder, `<product>.yaml` each. Parsing YAML takes most of a program's start, so what was read is kept beside the
 * installed packages, under the hash of the files and of what reads them.
 * @throws ProductFileError with every problem in any of them
 */
function readOnce(folder: string): readonly ProductEntry[] {
  const files = readdirSync(folder)
    .sort()
    .map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") }));
  const reader = readFileSync(join(import.meta.dirname, "products.ts"), "utf8");
  const hash = createHash("sha256")
    .update(JSON.stringify([reader, files]))
    .digest("hex");
  const packages = dirname(dirname(createRequire(import.meta.url).resolve("zod/package.json")));
  const kept = join(packages, ".cache/cali", `known-errors-${hash.slice(0, 32)}.json`);
  try {
    return JSON.parse(readFileSync(kept, "utf8"));
  } catch {
    const products = parseProducts(files);
    keep(kept, JSON.stringify(products));
    return products;
  }
}

function keep(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // A checkout that cannot be written to is read anew each time.
  }
}
