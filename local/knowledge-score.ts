import { pino } from "pino";
import { KnowledgeCauses } from "../services/consumer/src/cause/knowledge/causes.ts";
import { KnownSignatures } from "../services/consumer/src/cause/knowledge/known-signatures.ts";
import { ObjectCatalog } from "../services/consumer/src/cause/knowledge/object-catalog.ts";
import { openSimilar } from "../services/consumer/src/cause/knowledge/open-similar.ts";
import { SeededCatalog, seed } from "../services/consumer/src/cause/knowledge/seed.ts";
import { ANSWER_SCHEMA } from "../services/consumer/src/cause/llm/answer.ts";
import { promptFor } from "../services/consumer/src/cause/llm/prompt.ts";
import { Tokenizer } from "../services/consumer/src/cause/llm/tokens.ts";
import { parseConfig } from "../services/consumer/src/config/load.ts";
import { systemClock } from "../services/consumer/src/core/clock.ts";
import type { Alert } from "../services/consumer/src/core/types.ts";
import type { ObjectStore } from "../services/consumer/src/state/objects/types.ts";

/** An alert, and the template that its lines are of: `payment.slow-query`. */
export interface ToldAlert {
  readonly alert: Alert;
  readonly truth: string;
}

/** How well causes are found. */
export interface CauseScore {
  /** Alerts of errors that the seed knows. */
  readonly known: number;
  /** Share of them with the right cause. */
  readonly right: number;
  /** Alerts with the cause of another error. */
  readonly wrong: number;
  /** Alerts by what answered. */
  readonly tiers: Readonly<Record<"hash" | "signature" | "vector" | "none", number>>;
  /** Share of wrong answers in all that the vector tier was asked. */
  readonly falseHits: number;
  /** Share of the alerts that no knowledge answers: with a model it would be asked. */
  readonly reachesModel: number;
  /** Questions for the model: each template once. */
  readonly questions: number;
  /** What these would cost, by the configuration's prices. */
  readonly usd: number;
}

/** Characters of a token of English text (https://platform.openai.com/tokenizer), and tokens of a usual answer. */
const CHARACTERS_PER_TOKEN = 4;
const ANSWER_TOKENS = 120;

/** Asks the knowledge base and the vector tier for the cause of each alert, with the embedded parts, and counts what a model would be asked. */
export async function scoreCauses(alerted: readonly ToldAlert[], objects: ObjectStore): Promise<CauseScore> {
  const config = parseConfig({
    region: "local",
    kinesis: { stream: "score" },
    state: { file: "unused" },
    objects: { folder: "unused" },
    // Nobody waits for an alert here.
    knowledge: { timeoutMs: 60_000 },
  });
  const log = pino({ level: "warn" });
  const parts = { catalog: new SeededCatalog(new ObjectCatalog(objects)), clock: systemClock, log };
  const similar = openSimilar(config, { ...parts, onTrouble: () => {} });
  if (!similar) throw new Error("the score needs vectors");
  const tokenizer = new Tokenizer("a key that only this score has");
  const questions = new Map<string, number>();
  const advisor = {
    propose: async (question: Parameters<typeof promptFor>[0]) => {
      const { system, user, hash } = promptFor(question, tokenizer);
      const characters = system.length + user.length + JSON.stringify(ANSWER_SCHEMA).length;
      questions.set(hash, Math.ceil(characters / CHARACTERS_PER_TOKEN));
      return undefined;
    },
  };
  const causes = new KnowledgeCauses({
    ...parts,
    objects,
    similar,
    advisor,
    signatures: new KnownSignatures(parts.catalog),
  });
  const tiers = { hash: 0, signature: 0, vector: 0, none: 0 };
  const counts = { known: 0, right: 0, wrong: 0, falseHits: 0 };
  try {
    await similar.refresh();
    for (const { alert, truth } of alerted) {
      const { cause } = await causes.find(alert);
      const expected = causeInSeed(truth);
      const isRight = cause !== undefined && cause.cause === expected;
      const tier = cause?.tier === undefined || cause.tier === "llm" ? "none" : cause.tier;
      tiers[tier]++;
      if (expected !== undefined) counts.known++;
      if (isRight) counts.right++;
      if (cause !== undefined && !isRight) {
        counts.wrong++;
        if (tier === "vector") counts.falseHits++;
      }
    }
  } finally {
    await similar.close();
  }
  const { usdPerMillionInputTokens, usdPerMillionOutputTokens } = config.llm;
  const input = [...questions.values()].reduce((sum, tokens) => sum + tokens, 0);
  const output = questions.size * ANSWER_TOKENS;
  const asked = tiers.vector + tiers.none;
  return {
    known: counts.known,
    right: share(counts.right, counts.known),
    wrong: counts.wrong,
    tiers,
    falseHits: asked === 0 ? 0 : counts.falseHits / asked,
    reachesModel: share(tiers.none, alerted.length),
    questions: questions.size,
    usd: (input * usdPerMillionInputTokens + output * usdPerMillionOutputTokens) / 1e6,
  };
}

/** Errors that the generator calls otherwise than the seed. */
const CALLED_OTHERWISE: Readonly<Record<string, string>> = {
  "model-out-of-memory": "python-memory-error",
  "schema-mismatch": "pg-undefined-column",
  "upstream-reset": "http-connection-reset",
};

/** The generator's templates are called as the seed's entries are, with the service before; what the seed doesn't know is none of them. */
function causeInSeed(truth: string): string | undefined {
  const called = truth.slice(truth.lastIndexOf(".") + 1);
  const name = CALLED_OTHERWISE[called] ?? called;
  return seed().find((one) => one.name === name)?.entry.cause;
}

const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole);
