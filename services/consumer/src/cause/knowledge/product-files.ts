import { join } from "node:path";
import { type ProductEntry, readProducts } from "./products.ts";

/** The known errors of `knowledge/products/`. The bundled program has them inside, read when it was built. */
export const PRODUCTS: readonly ProductEntry[] = readProducts(
  join(import.meta.dirname, "../../../knowledge/products"),
);
