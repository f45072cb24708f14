import { expect, it } from "vitest";
import { parseProducts } from "../src/cause/knowledge/products.ts";

const GOOD = `product: redis
entries:
  - name: redis-full
    patterns:
      - "OOM command not allowed when used memory > 'maxmemory'."
    cause: It is full.
    action: Enlarge it.
    source: ["https://redis.io/docs/latest/develop/reference/eviction/"]
`;
const problemsOf = (...files: [file: string, text: string][]) => {
  try {
    parseProducts(files.map(([file, text]) => ({ file, text })));
  } catch (error) {
    return (error as Error).message;
  }
  return "none";
};

it("reads each entry with its product", () => {
  expect(parseProducts([{ file: "redis.yaml", text: GOOD }])).toMatchObject([
    { name: "redis-full", product: "redis", cause: "It is full." },
  ]);
});

it("reports every problem of every file with its line, what was given and what is allowed", () => {
  const bad = `product: valkey
entries:
  - name: Valkey Full
    patterns: []
    cause: It is full.
    action: ""
    runbook: "javascript:alert(1)"
    level: BAD
    severity: 3
    source: ["https://valkey.io/"]
  - name: valkey-lost
    patterns: [" lost"]
    codes: []
    cause: It is lost.
    action: Find it.
`;
  const problems = problemsOf(["valkey.yaml", bad], ["broken.yaml", "product: a\nproduct: b\n"]);
  for (const problem of [
    'valkey.yaml:3: entries.0.name: given "Valkey Full"; allowed: 2 to 60 of a-z, 0-9 and -',
    "valkey.yaml:4: entries.0.patterns: given []; allowed: at least one pattern",
    'valkey.yaml:6: entries.0.action: given ""; allowed: 1 to 1000 characters',
    'valkey.yaml:7: entries.0.runbook: given "javascript:alert(1)"; allowed: an address, https://…',
    'valkey.yaml:8: entries.0.level: given "BAD"; allowed: ',
    "valkey.yaml:9: entries.0.severity: given an unknown key; allowed: action, broader, cause, codes",
    'valkey.yaml:12: entries.1.patterns.0: given " lost"; allowed: 1 to 2000 characters, no space around them',
    "entries.1.source: given nothing; allowed: ",
    "broken.yaml:2: (whole file): given a key that is there already; allowed: YAML with each key once",
  ]) {
    expect(problems).toContain(problem);
  }
});

it("takes each name once, and a broader entry only where there is one", () => {
  const other = GOOD.replace("product: redis", "product: valkey");
  expect(problemsOf(["redis.yaml", GOOD], ["valkey.yaml", other])).toContain(
    "valkey.yaml:3: entries.0.name: given redis-full, which redis.yaml:3 has; allowed: each name once",
  );
  const narrower = GOOD.replace("    patterns", "    broader: redis-none\n    patterns");
  expect(problemsOf(["redis.yaml", narrower])).toContain(
    "redis.yaml:4: entries.0.broader: given redis-none; allowed: the name of another entry",
  );
  const atPort = GOOD.replace("    patterns", "    instead: { of: [redis-none], port: 6379 }\n    patterns");
  expect(problemsOf(["redis.yaml", atPort])).toContain(
    "redis.yaml:4: entries.0.instead: given redis-none; allowed: names of other entries",
  );
  const nowhere = GOOD.replace("    patterns", "    instead: { of: [redis-none] }\n    patterns");
  expect(problemsOf(["redis.yaml", nowhere])).toMatch(/entries\.0\.instead: .*with says or port/);
});

it("takes the name of a reason or an exception for one entry alone", () => {
  const named = GOOD.replace("    patterns", "    names: [OOM_FULL]\n    patterns");
  const other = named.replace("product: redis", "product: valkey").replaceAll("redis-full", "valkey-full");
  expect(problemsOf(["redis.yaml", named], ["valkey.yaml", other])).toContain(
    "valkey.yaml:4: entries.0.names: given OOM_FULL, which redis-full has; allowed: each name once",
  );
  const words = GOOD.replace("    patterns", "    names: [out of memory]\n    patterns");
  expect(problemsOf(["redis.yaml", words])).toContain(
    'redis.yaml:4: entries.0.names.0: given "out of memory"; allowed: a name of 4 to 100 characters, or a code such as ORA-12541',
  );
});

it("refuses a mark that marks nothing", () => {
  const idle = GOOD.replace(/ {6}- .*/, '      - "** (**Mint.TransportError**) memory is full"');
  expect(problemsOf(["redis.yaml", idle])).toMatch(
    /^ {2}redis\.yaml:\d+: entries\.0\.patterns: given \*\* \(\*\* of .*; allowed: marks around words that never vary$/m,
  );
});

it("wants the file to be called as its product", () => {
  expect(problemsOf(["valkey.yaml", GOOD])).toContain(
    "valkey.yaml:1: product: given redis; allowed: the file's name without .yaml",
  );
});
