import fc from "fast-check";
import type { Target } from "./targets.ts";

/** What parsers stumble over. */
const PIECES = [
  ..."{}[]\":,\\\n\t\0&*|>-!%#'<=",
  "{}",
  "[[[[[[[[[[[[[[[[",
  "null",
  "true",
  "-0",
  "1e999",
  "9007199254740993",
  "0.1",
  '"__proto__":',
  '"constructor":{"prototype":{}},',
  '"toString":1,',
  "\\ud800",
  "\u202e",
  "\u00e9",
  "😀",
  "&a *a",
  "<<: *a",
  "2026-13-45T99:99:99Z",
  "\u001b[31m",
].map((text) => Buffer.from(text));

type Edit = readonly [kind: number, at: number, size: number, piece: number];
const edits = fc.array(
  fc.tuple(fc.nat(5), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(64), fc.nat(255)),
  { minLength: 0, maxLength: 12 },
);

/** The bytes with something taken out, put in, doubled, replaced or cut off. */
function edited(bytes: Uint8Array, other: Uint8Array, changes: readonly Edit[]): Uint8Array {
  let text = Buffer.from(bytes);
  for (const [kind, share, size, piece] of changes) {
    const at = Math.floor(share * text.length);
    const [before, after] = [text.subarray(0, at), text.subarray(at)];
    const put = PIECES[piece % PIECES.length] ?? Buffer.alloc(0);
    const parts = [
      [before, put, after],
      [before, after.subarray(size)],
      [before, after.subarray(0, size), after],
      [before, Buffer.from([piece]), after.subarray(1)],
      [before, other.subarray(Math.floor(share * other.length)).subarray(0, size * 8), after],
      [before],
    ][kind] ?? [text];
    text = Buffer.concat(parts);
  }
  return text;
}

/**
 * Feeds a parser its seeds, changed in any way, for so long. Throws with the smallest bytes that it fails on, in Base64: they go into
 * `test/fuzz/seeds/<name>`.
 */
export async function fuzz({ name, seeds, read }: Target, limitMs: number): Promise<number> {
  let runs = 0;
  const bytes = fc
    .tuple(fc.constantFrom(...seeds), fc.constantFrom(...seeds), edits)
    .map(([seed, other, changes]) => edited(seed, other, changes));
  const result = await fc.check(
    fc.asyncProperty(bytes, async (given) => {
      runs++;
      await read(given);
    }),
    { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: limitMs, markInterruptAsFailure: false },
  );
  if (!result.failed) return runs;
  const [found] = result.counterexample ?? [];
  throw new Error(
    `${name} fails on ${Buffer.from(found ?? []).toString("base64")} (seed ${result.seed}, path ${result.counterexamplePath})`,
    { cause: result.errorInstance },
  );
}
