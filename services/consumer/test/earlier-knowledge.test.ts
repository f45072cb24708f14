import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it } from "vitest";
import { KnowledgeCauses } from "../src/cause/knowledge/causes.ts";
import { KnownSignatures } from "../src/cause/knowledge/known-signatures.ts";
import { learnDay } from "../src/cause/knowledge/learn.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { SeededCatalog } from "../src/cause/knowledge/seed.ts";
import { LlmAdvisor } from "../src/cause/llm/advisor.ts";
import { systemClock } from "../src/core/clock.ts";
import type { Alert } from "../src/core/types.ts";
import { SqliteStateStore } from "../src/state/sqlite.ts";
import { MemoryObjectStore } from "./support/memory-objects.ts";
import { alert } from "./support/state-contract.ts";

/** What the program wrote before errors had signatures: knowledge, confirmations, rejections, new errors, the model's answers. */
const EARLIER = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/earlier-knowledge.json"), "utf8"),
) as { objects: Record<string, unknown>; notes: Record<string, string> };

async function earlier() {
  const objects = new MemoryObjectStore();
  for (const [key, value] of Object.entries(EARLIER.objects)) {
    await objects.put(key, Buffer.from(JSON.stringify(value)));
  }
  const { notes } = new SqliteStateStore(":memory:");
  for (const [key, value] of Object.entries(EARLIER.notes)) await notes.set(key, value);
  const catalog = new SeededCatalog(new ObjectCatalog(objects));
  const parts = { clock: systemClock, log: pino({ level: "silent" }) };
  const asked: string[] = [];
  const advisor = new LlmAdvisor({
    ...parts,
    model: {
      ask: async ({ user }) => {
        asked.push(user);
        return '{"known":false,"cause":"","action":"","link":null}';
      },
    },
    modelName: "gpt-4o-mini",
    notes,
    linkHosts: [],
    tokenKey: undefined,
  });
  const signatures = new KnownSignatures(catalog);
  await signatures.refresh();
  const causes = new KnowledgeCauses({ ...parts, catalog, objects, signatures, advisor });
  const causeOf = async (over: Partial<Alert>) =>
    (await causes.find({ ...alert("00000000000000c1"), level: "ERROR", samples: [], ...over })).cause;
  return { objects, catalog, causeOf, advisor, asked };
}

it("knows what people confirmed, added and rejected", async () => {
  const { causeOf } = await earlier();
  const full =
    "write of 700 bytes to /tmp/service/part.tmp failed: No space left on device, /var/lib/data/vol is 97% full";
  expect(await causeOf({ template: full, errorCode: "DISK_FULL" })).toMatchObject({
    action: "Call the storage team.",
    link: "https://docs.example.org/disk",
  });
  expect(await causeOf({ template: "order 4 is lost in shard <*>", errorCode: "E-17" })).toMatchObject({
    cause: "a race",
    tier: "hash",
  });
  expect((await causeOf({ template: "OrderError: order 4 is lost in shard eu-1" }))?.tier).toBe("signature");
  expect(await causeOf({ template: "MySQL server has gone away" })).toBeUndefined();
});

it("answers before what an earlier learn proposed without a cause, and proposes that no more", async () => {
  const { causeOf, objects, catalog } = await earlier();
  const template = "cannot open a connection to orders-db sorry, too many clients already";
  expect(await causeOf({ template, errorCode: "DB_53300", level: "FATAL" })).toMatchObject({
    cause: "PostgreSQL has reached max_connections.",
    origin: "confirmed",
  });
  expect(await learnDay(objects, catalog, "2026-01-24")).toMatchObject({ groups: 2, known: 2, proposed: 0 });
});

it("asks the model for nothing that it answered", async () => {
  const { causeOf, advisor, asked } = await earlier();
  const template = "pool of <NUM> carts is empty";
  expect(await causeOf({ template })).toMatchObject({
    cause: "The pool of carts is too small.",
    tier: "hash",
  });
  const proposal = await advisor.propose({ service: "checkout", level: "ERROR", template });
  expect(proposal).toEqual({ cause: "The pool of carts is too small.", action: "Enlarge the pool." });
  expect(asked).toEqual([]);
});
