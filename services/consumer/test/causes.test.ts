import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { type CatalogEntry, idOf } from "../src/cause/knowledge/catalog.ts";
import { KnowledgeCauses } from "../src/cause/knowledge/causes.ts";
import { KnownSignatures } from "../src/cause/knowledge/known-signatures.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { SeededCatalog, seed } from "../src/cause/knowledge/seed.ts";
import type { SimilarAnswer } from "../src/cause/knowledge/similar.ts";
import { systemClock } from "../src/core/clock.ts";
import type { Alert } from "../src/core/types.ts";
import { MemoryObjectStore } from "./support/memory-objects.ts";
import { alert } from "./support/state-contract.ts";

const PROPOSAL = { cause: "the pool is too small", action: "enlarge it" };

function entry(over: Partial<CatalogEntry> = {}): CatalogEntry {
  const pattern = over.pattern ?? "it broke";
  return {
    id: idOf({ pattern, errorCode: over.errorCode }),
    pattern,
    cause: "a race",
    action: "lock it",
    origin: "person",
    state: "confirmed",
    createdAt: "2026-01-25T00:00:00.000Z",
    ...over,
  };
}

async function causes(
  entries: CatalogEntry[],
  advised: typeof PROPOSAL | undefined = PROPOSAL,
  similar?: { find(): Promise<SimilarAnswer> },
) {
  const objects = new MemoryObjectStore();
  const catalog = new SeededCatalog(new ObjectCatalog(objects));
  await catalog.put(entries);
  const asked: string[] = [];
  const advisor = {
    propose: async ({ template }: { template: string }) => {
      asked.push(template);
      return advised;
    },
  };
  const log = pino({ level: "silent" });
  const signatures = new KnownSignatures(catalog);
  const finder = new KnowledgeCauses({
    ...{ catalog, objects, signatures, advisor, clock: systemClock, log },
    ...(similar && { similar }),
  });
  return { finder, catalog, asked };
}

const about = (over: Partial<Alert>): Alert => ({ ...alert("f-1"), ...over });

describe("a cause", () => {
  it("is what the knowledge base says of the template; then nobody else is asked", async () => {
    const { finder, asked } = await causes([entry({ runbook: "https://docs.example.org/r" })]);
    expect(await finder.find(about({}))).toEqual({
      cause: {
        cause: "a race",
        action: "lock it",
        tier: "hash",
        origin: "confirmed",
        since: Date.UTC(2026, 0, 25),
        entry: idOf({ pattern: "it broke" }),
        link: "https://docs.example.org/r",
      },
    });
    expect(asked).toEqual([]);
  });

  it("is that of the error code rather than that of the template alone", async () => {
    const { finder } = await causes([entry(), entry({ errorCode: "E-17", cause: "a deadlock" })]);
    expect((await finder.find(about({ errorCode: "E-17" }))).cause?.cause).toBe("a deadlock");
    expect((await finder.find(about({ errorCode: "E-18" }))).cause?.cause).toBe("a race");
  });

  it("is not that of an error that only reads alike: what its signature refuses, no vector brings back", async () => {
    const template = "login failed for user <NUM> from <IP>: wrong password (<NUM> times)";
    const known = seed().find(({ name }) => name === "sqlserver-login-failed")?.entry as CatalogEntry;
    const match = { entry: known, similarity: 0.89 } as NonNullable<SimilarAnswer["match"]>;
    const similar = { find: async () => ({ match, nearest: [match] }) };
    const { finder } = await causes([], undefined, similar);
    const found = await finder.find(about({ template, samples: [] }));
    expect(found.cause?.tier).toBe("llm");
    // Of what no signature speaks against it is an answer.
    const other = await finder.find(about({ template: "sign-in was turned down", samples: [] }));
    expect(other.cause).toMatchObject({ tier: "vector", entry: known.id });
  });

  it("is else what the model proposes, marked so, and kept as a proposal", async () => {
    const { finder, catalog, asked } = await causes([]);
    const found = await finder.find(about({ level: "FATAL" }), "it broke at raw");
    expect(found.cause).toMatchObject({ ...PROPOSAL, tier: "llm", origin: "proposed" });
    // The model's own tokens need the template as it was logged.
    expect(asked).toEqual(["it broke at raw"]);
    const kept = { ...PROPOSAL, origin: "llm", state: "proposed", pattern: "it broke", level: "FATAL" };
    expect(await catalog.own()).toMatchObject([kept]);
    const again = await finder.find(about({}));
    expect(again.cause).toMatchObject({ ...PROPOSAL, tier: "hash", origin: "proposed" });
    expect(asked).toHaveLength(1);
  });

  it("is proposed for what was learned without one, and keeps when that was", async () => {
    const learned = entry({ origin: "learned", state: "proposed" });
    delete (learned as { cause?: string }).cause;
    const { finder, catalog } = await causes([learned]);
    expect((await finder.find(about({}))).cause).toMatchObject(PROPOSAL);
    expect(await catalog.own()).toMatchObject([
      { id: learned.id, createdAt: learned.createdAt, ...PROPOSAL },
    ]);
  });

  it("is what the seed knows, whatever was learned or proposed of the same template", async () => {
    const pattern = "cannot open a connection to orders sorry, too many clients already";
    const error = { template: pattern, errorCode: "DB_53300", level: "FATAL" } as const;
    const known = { cause: "PostgreSQL has reached max_connections.", origin: "confirmed" };
    const learned = entry({ pattern, errorCode: "DB_53300", origin: "learned", state: "proposed" });
    for (const proposal of [{ cause: undefined, action: undefined }, PROPOSAL]) {
      const { finder, asked } = await causes([{ ...learned, ...proposal }]);
      expect((await finder.find(about(error))).cause).toMatchObject(known);
      expect(asked).toEqual([]);
    }
  });

  it("is of the template alone where that of its code is a proposal without one", async () => {
    const { finder } = await causes([
      entry(),
      entry({ errorCode: "E-17", state: "proposed", cause: undefined, action: undefined }),
    ]);
    expect((await finder.find(about({ errorCode: "E-17" }))).cause?.cause).toBe("a race");
  });

  it("is none for what a person rejected, and the model is not asked", async () => {
    const { finder, asked } = await causes([entry({ state: "rejected" })]);
    expect(await finder.find(about({}))).toEqual({});
    expect(asked).toEqual([]);
  });
});
