import fc from "fast-check";
import { expect, it } from "vitest";
import { ALIASES, type Field } from "../src/formats/aliases.ts";
import { Fields, textOf } from "../src/formats/fields.ts";

const FIELDS = Object.keys(ALIASES) as Field[];
const ANY_ALIAS = fc.constantFrom(...FIELDS.flatMap((field) => ALIASES[field] as readonly string[]));
const VALUE = fc.constantFrom("text", " ", 7, null, true, [], {});

/** The object that has a value under an alias: a path of objects, or one key with dots in it. */
const under = (alias: string, value: unknown, nested: boolean): object =>
  nested
    ? (alias.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object)
    : { [alias]: value };

it("finds the first alias in the table's order that holds something usable, whatever the order of the keys", () => {
  const entries = fc.array(fc.tuple(ANY_ALIAS, VALUE, fc.boolean()), { maxLength: 12 });
  fc.assert(
    fc.property(entries, (given) => {
      const fields = new Fields(
        Object.assign({}, ...given.map(([alias, value, nested]) => under(alias, value, nested))),
      );
      for (const field of FIELDS) {
        const usable = (ALIASES[field] as readonly string[]).filter(
          (alias) => textOf(fields.get(alias)) !== undefined,
        );
        expect(fields.firstText(field)).toBe(usable[0] && fields.text(usable[0]));
      }
    }),
  );
});

it("takes a key without letters for a step of its own, as any other", () => {
  const fields = new Fields({ _: { level: "error" }, "": { level: "fatal" } });
  expect(fields.firstText("level")).toBeUndefined();
  expect(fields.get(".level")).toBe("error");
});
