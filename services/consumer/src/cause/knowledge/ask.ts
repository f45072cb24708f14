import { createInterface } from "node:readline";
import { parseJson } from "@cali/base";
import { LEVELS, type Level } from "@cali/log-record";
import { z } from "zod";
import { writeLine } from "../../ops/output.ts";
import type { Catalog } from "./catalog.ts";
import { KnownSignatures } from "./known-signatures.ts";
import { seedById, seedIdOf } from "./seed.ts";

/** What answered a question, and what came near. */
export interface Answer {
  /** Name of the known error, or the id of an entry that people made; null: it is unknown. */
  readonly entry: string | null;
  /** Name of the known error that it is a narrower case of. */
  readonly broader: string | null;
  /** `hash`: the very text is known; `signature`: its words are. */
  readonly tier: "hash" | "signature" | "none";
  /** Share of the known error that the text says, from 0 to 1; null: it is unknown. */
  readonly score: number | null;
  /** Known errors that it isn't, three at most: how much of them it says, and what speaks against them. */
  readonly nearest: readonly Near[];
}

interface Near {
  readonly entry: string;
  readonly score: number;
  readonly against: string;
}

/** An error that somebody asks for. */
const questionSchema = z.object({
  /** All of its lines. */
  text: z.string(),
  /** Another word than the known ones counts as ERROR. */
  level: z.string().optional(),
});
const ALLOWED = 'a JSON object such as {"text": "deadlock detected", "level": "ERROR"}';

const NEAREST = 3;

/** Answers what errors are, from the knowledge alone: nothing is kept, and no model is asked. */
export class Asking {
  readonly #catalog: Catalog;
  readonly #signatures: KnownSignatures;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#signatures = new KnownSignatures(catalog);
  }

  /** Takes what people added. @throws ObjectStoreError, KnowledgeCorruptError */
  open(): Promise<void> {
    return this.#signatures.refresh();
  }

  /** @param text all lines of the event */
  async answer(text: string, level: Level = "ERROR"): Promise<Answer> {
    const seeded = seedIdOf({ template: text, level });
    if (seeded !== undefined && (await this.#isUsed(seeded))) return answerOf(seeded, "hash", 1, []);
    const found = this.#signatures.find({ texts: [text] });
    const near = found
      .flatMap(({ id, share, against }) =>
        against === undefined ? [] : [{ entry: nameOf(id), score: rounded(share), against }],
      )
      .slice(0, NEAREST);
    for (const { id, share, against, insteadOf } of found) {
      if (against !== undefined || !(await this.#isUsed(id))) continue;
      const answer = answerOf(id, "signature", share, near);
      const other = insteadOf === undefined ? undefined : seedById().get(insteadOf);
      if (other?.broader === undefined) return { ...answer, broader: other?.name ?? answer.broader };
      return { ...answer, broader: answer.broader ?? other.broader };
    }
    return { entry: null, broader: null, tier: "none", score: null, nearest: near };
  }

  async #isUsed(id: string): Promise<boolean> {
    const entry = await this.#catalog.get(id);
    return entry !== undefined && entry.state !== "rejected" && entry.cause !== undefined;
  }
}

const nameOf = (id: string) => seedById().get(id)?.name ?? id;
const rounded = (share: number) => Math.round(share * 1_000) / 1_000;

function answerOf(id: string, tier: "hash" | "signature", share: number, nearest: readonly Near[]): Answer {
  return {
    entry: nameOf(id),
    broader: seedById().get(id)?.broader ?? null,
    tier,
    score: rounded(share),
    nearest,
  };
}

/**
 * Answers each line of the input with one line, in order. A line that is no question gets an error in its place.
 * @param asJson lines are JSON objects `{text, level}`, and answers, too; otherwise each line is the text of an event
 */
export async function answerLines(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  asking: Pick<Asking, "answer">,
  asJson: boolean,
): Promise<void> {
  let place = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    place++;
    const answer = asJson ? await answerJson(line, place, asking) : asText(await asking.answer(line));
    await writeLine(answer, output);
  }
}

async function answerJson(line: string, place: number, asking: Pick<Asking, "answer">): Promise<string> {
  const question = questionSchema.safeParse(parseJson(line));
  if (!question.success) {
    const given = line.length > 80 ? `${line.slice(0, 80)}…` : line;
    return JSON.stringify({ error: `line ${place}: given ${JSON.stringify(given)}, allowed: ${ALLOWED}` });
  }
  const { text, level } = question.data;
  const known = LEVELS.find((one) => one === level?.toUpperCase());
  return JSON.stringify(await asking.answer(text, known));
}

/** `deadlock (of …)  signature 0.93`, or `unknown; near: …`. */
function asText({ entry, broader, tier, score, nearest }: Answer): string {
  const near = nearest
    .map(({ entry, score, against }) => `${entry} ${score.toFixed(2)} (${against})`)
    .join(", ");
  if (entry === null) return near === "" ? "unknown" : `unknown; near: ${near}`;
  return `${entry}${broader === null ? "" : `, a case of ${broader}`}  ${tier} ${score?.toFixed(2)}`;
}
