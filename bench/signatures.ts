import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SEED } from "../services/consumer/src/cause/knowledge/seed.ts";
import { Signatures } from "../services/consumer/src/cause/signature/signatures.ts";
import { seeded } from "../services/consumer/test/support/random.ts";

/**
 * How long it takes to recognize an error among so many signatures, beside MiniSearch, a full-text index in memory, which is asked for the
 * five best documents of the same patterns. They take turns, text by text. Half of the texts are of a pattern, half are of none.
 */
const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,10000" },
    searches: { type: "string", default: "2000" },
  },
});
const SEARCHES = Number(values.searches);
const WARM_UP = 200;
const GUEST = "minisearch@7.2.0";

/** Not a dependency of this project, but a guest of this run. */
function installGuest() {
  const folder = join(tmpdir(), "cali-bench-minisearch");
  if (!existsSync(join(folder, "node_modules/minisearch"))) {
    mkdirSync(folder, { recursive: true });
    execFileSync("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", GUEST], {
      stdio: "ignore",
    });
  }
  return createRequire(join(folder, "package.json"))("minisearch");
}

const random = seeded(7);
const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
const PATTERNS = SEED.flatMap(({ patterns }) => patterns);
const WORDS = PATTERNS.flatMap((pattern) => pattern.split(" "));

/** A pattern in which every third word is of another one, so that words are as common as they are. */
const madePattern = () =>
  pick(PATTERNS)
    .split(" ")
    .map((word) => (random() < 1 / 3 ? pick(WORDS) : word))
    .join(" ");

/** A line of a log with the pattern, or with words of many; behind a prefix, before a stack trace. */
const madeText = (patterns: readonly string[]) => {
  const said =
    random() < 0.5
      ? pick(patterns)
          .replaceAll("**", "")
          .replaceAll(/<[^<>]+>/g, "orders-7")
      : Array.from({ length: 12 }, () => pick(WORDS)).join(" ");
  return `2026-01-25 09:00:00.123 ERROR [main] com.example.Orders - order 17: ${said}\n\tat com.example.Orders.store(Orders.java:17)`;
};

const percentile = (sorted: readonly number[], share: number) =>
  (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);

const MiniSearch = installGuest();
for (const size of values.sizes.split(",").map(Number)) {
  const patterns = Array.from({ length: size }, madePattern);
  const madeAt = performance.now();
  const signatures = new Signatures(patterns.map((pattern) => ({ of: pattern, patterns: [pattern] })));
  const indexedMs = performance.now() - madeAt;
  const guest = new MiniSearch({ fields: ["pattern"] });
  guest.addAll(patterns.map((pattern, id) => ({ id, pattern })));
  const candidates = {
    signatures: (text: string) => signatures.find(text),
    minisearch: (text: string) => guest.search(text).slice(0, 5),
  };
  const taken: Record<string, number[]> = { signatures: [], minisearch: [] };
  for (let place = 0; place < SEARCHES + WARM_UP; place++) {
    const text = madeText(patterns);
    for (const [name, search] of Object.entries(candidates)) {
      const from = performance.now();
      search(text);
      if (place >= WARM_UP) taken[name]?.push(performance.now() - from);
    }
  }
  console.log(`\n${size} signatures, indexed in ${indexedMs.toFixed(0)} ms`);
  for (const [name, times] of Object.entries(taken)) {
    const sorted = times.toSorted((a, b) => a - b);
    console.log(`  ${name.padEnd(12)} p50 ${percentile(sorted, 0.5)} ms, p99 ${percentile(sorted, 0.99)} ms`);
  }
}
