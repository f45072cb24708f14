import { z } from "zod";

/** A list in which each entry stands once. */
export function uniqueList<T extends z.ZodType>(entry: T): z.ZodArray<T> {
  return z
    .array(entry)
    .refine((entries) => new Set(entries).size === entries.length, { error: "each entry once" });
}
