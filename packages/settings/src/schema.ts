import { z } from "zod";

/** A schema and the one that it wraps, and so on: with its default, then without it. */
export function layersOf(schema: z.ZodType): z.ZodType[] {
  const layers = [schema];
  for (let inner: z.ZodType | undefined = schema; inner; ) {
    if (
      inner instanceof z.ZodOptional ||
      inner instanceof z.ZodNullable ||
      inner instanceof z.ZodDefault ||
      inner instanceof z.ZodPrefault
    ) {
      inner = inner.unwrap() as z.ZodType;
    } else if (inner instanceof z.ZodPipe) {
      inner = inner.in as z.ZodType;
    } else break;
    layers.push(inner);
  }
  return layers;
}

/** What a schema is without its default, and all that a union may be. */
function formsOf(schema: z.ZodType): z.ZodType[] {
  const inner = layersOf(schema).at(-1) as z.ZodType;
  return inner instanceof z.ZodUnion ? inner.options.flatMap((one) => formsOf(one as z.ZodType)) : [inner];
}

function schemasAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType[] {
  return path.reduce<z.ZodType[]>(
    (schemas, key) =>
      schemas.flatMap(formsOf).flatMap((form) => {
        if (form instanceof z.ZodObject) return (form.shape[String(key)] as z.ZodType | undefined) ?? [];
        if (form instanceof z.ZodArray) return form.element as z.ZodType;
        return form instanceof z.ZodRecord ? (form.valueType as z.ZodType) : [];
      }),
    [schema],
  );
}

/** The keys that a schema knows at a path, in alphabetical order. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const forms = schemasAt(schema, path).flatMap(formsOf);
  const keys = forms.flatMap((form) => (form instanceof z.ZodObject ? Object.keys(form.shape) : []));
  return [...new Set(keys)].sort();
}

/** The keys that the section at a path cannot do without. */
export function requiredKeysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const [form] = schemasAt(schema, path).flatMap(formsOf);
  if (!(form instanceof z.ZodObject)) return [];
  return Object.entries(form.shape).flatMap(([key, inner]) =>
    (inner as z.ZodType).safeParse(undefined).success ? [] : key,
  );
}

/** What a schema says of the key at a path. */
export function descriptionAt(schema: z.ZodType, path: readonly PropertyKey[]): string | undefined {
  return schemasAt(schema, path)
    .flatMap(layersOf)
    .find(({ description }) => description !== undefined)?.description;
}
