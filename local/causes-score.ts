import { readFileSync } from "node:fs";
import { parseJson } from "@cali/base";
import { z } from "zod";
import { Asking } from "../services/consumer/src/cause/knowledge/ask.ts";
import { SEED_ALONE, seed } from "../services/consumer/src/cause/knowledge/seed.ts";
import { percent } from "./table.ts";

/** An error, and which known one it is. */
const labelledSchema = z.strictObject({
  /** All of its lines. */
  text: z.string().min(1),
  level: z.string().optional(),
  /** Name of the known error; null: none is. */
  entry: z.string().nullable(),
  /** Where such a message is printed or was reported. */
  source: z.string().optional(),
});
export type Labelled = z.output<typeof labelledSchema>;

/** How well labelled errors were recognized. */
export interface LabelledScore {
  /** Errors that the seed knows, and others. */
  readonly known: number;
  readonly unknown: number;
  /** Of the known ones: the right error or a narrower case of it, another one; of the unknown ones: any. */
  readonly right: number;
  readonly wrong: number;
  readonly false: number;
  /** What answered, and how often wrongly. */
  readonly tiers: Readonly<Record<string, { readonly answers: number; readonly errors: number }>>;
  /** A line for each error that was not recognized as it should be. */
  readonly mistakes: readonly string[];
}

/** Reads a file of JSON lines `{text, level, entry}`. @throws Error with each bad line: where, given, allowed */
export function readLabelled(file: string): Labelled[] {
  const names = new Set(seed().map(({ name }) => name));
  const problems: string[] = [];
  const labelled = readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, place) => {
      if (line.trim() === "") return [];
      const parsed = labelledSchema.safeParse(parseJson(line));
      const where = `${file}:${place + 1}`;
      if (!parsed.success) {
        problems.push(
          `${where}: given ${line.slice(0, 80)}, allowed: {"text": "…", "level": "ERROR", "entry": "deadlock" or null}`,
        );
        return [];
      }
      const { entry } = parsed.data;
      if (entry !== null && !names.has(entry))
        problems.push(`${where}: entry: given ${entry}, allowed: a known error's name, or null`);
      return [parsed.data];
    });
  if (problems.length > 0) throw new Error(`${problems.length} problem(s):\n  ${problems.join("\n  ")}`);
  return labelled;
}

/** Asks what each error is, as `consumer knowledge ask` does. */
export async function scoreLabelled(labelled: readonly Labelled[]): Promise<LabelledScore> {
  const asking = new Asking(SEED_ALONE);
  await asking.open();
  const counts = { known: 0, unknown: 0, right: 0, wrong: 0, false: 0 };
  const tiers: Record<string, { answers: number; errors: number }> = {};
  const mistakes: string[] = [];
  for (const { text, entry } of labelled) {
    const answer = await asking.answer(text);
    const tier = tiers[answer.tier] ?? { answers: 0, errors: 0 };
    tiers[answer.tier] = tier;
    const isRight = answer.entry === entry || (entry !== null && answer.broader === entry);
    tier.answers++;
    counts[entry === null ? "unknown" : "known"]++;
    if (isRight && entry !== null) counts.right++;
    if (isRight) continue;
    mistakes.push(
      `${entry ?? "unknown"}; given ${answer.entry ?? "unknown"}: ${JSON.stringify(text.slice(0, 200))}`,
    );
    if (answer.entry === null) continue;
    tier.errors++;
    counts[entry === null ? "false" : "wrong"]++;
  }
  return { ...counts, tiers, mistakes };
}

/** The score as a table's rows. */
export function rowsOfLabelled({ known, unknown, right, wrong, false: falsely, tiers }: LabelledScore) {
  const share = (part: number, whole: number) => percent(whole === 0 ? 0 : part / whole);
  return [
    ["errors that the seed knows", known],
    ["of these with the right cause", share(right, known)],
    ["of these with a wrong cause", share(wrong, known)],
    ["errors that it doesn't know", unknown],
    ["of these with a cause all the same", share(falsely, unknown)],
    ...Object.entries(tiers).map(
      ([tier, { answers, errors }]) =>
        [`answered by ${tier}, and of these wrongly`, `${answers}, ${errors}`] as const,
    ),
  ] as const;
}
