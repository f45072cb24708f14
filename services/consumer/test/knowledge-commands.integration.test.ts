import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { idOf } from "../src/cause/knowledge/catalog.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { NEW_ERRORS, type NewError } from "../src/cause/new-errors.ts";
import { program } from "../src/commands/cli.ts";
import { FolderObjectStore } from "../src/state/objects/folder.ts";
import { temporaryFolder } from "./support/process.ts";

const POOL = { pattern: "pool of 10 is exhausted", cause: "too small", action: "enlarge it", origin: "seed" };
const DATE = "2026-01-25";

async function base() {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  const objects = new FolderObjectStore(join(folder, "objects"));
  /** Runs `consumer knowledge …`; what it said. */
  const knowledge = async (...args: string[]): Promise<string> => {
    const said: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((text) => void said.push(String(text)));
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
    try {
      await program().parseAsync(
        ["knowledge", args[0] ?? "", "--folder", join(folder, "objects"), ...args.slice(1)],
        { from: "user" },
      );
    } finally {
      log.mockRestore();
      write.mockRestore();
    }
    return said.join("\n");
  };
  const file = async (...lines: unknown[]) => {
    const name = join(folder, "knowledge.jsonl");
    await writeFile(
      name,
      lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
    );
    return name;
  };
  const bytes = async () => {
    const all = new Map<string, string>();
    for await (const { key } of objects.list("knowledge/")) {
      all.set(key, Buffer.from((await objects.get(key)) ?? []).toString());
    }
    return all;
  };
  const newError = (fingerprint: string, over: Partial<NewError>) => {
    const error = {
      fingerprint,
      service: "checkout",
      level: "ERROR",
      template: "it broke",
      samples: [],
      count: 1,
      firstSeen: `${DATE}T01:02:03.456Z`,
      ...over,
    };
    return objects.put(`${NEW_ERRORS}dt=${DATE}/${fingerprint}.json`, Buffer.from(JSON.stringify(error)));
  };
  return { folder, objects, knowledge, file, bytes, newError, catalog: new ObjectCatalog(objects) };
}

it("imports a file, once; an export of it imports as the same", async () => {
  const { folder, knowledge, file, bytes } = await base();
  const runbook = "https://docs.example.org/disk";
  const disk = { pattern: "no space left on <*>", cause: "full", action: "clean", origin: "person", runbook };
  expect(await knowledge("import", await file(POOL, "", disk))).toBe("2 added, 0 changed, 0 unchanged");
  const before = await bytes();
  expect(await knowledge("import", await file(POOL, disk))).toBe("0 added, 0 changed, 2 unchanged");
  expect(await knowledge("import", await file({ ...POOL, cause: "far too small" }, disk), "--json")).toBe(
    '{"added":0,"changed":1,"unchanged":1}',
  );
  await knowledge("import", await file(POOL));
  expect(await bytes()).toEqual(before);

  const exported = join(folder, "export.jsonl");
  expect(await knowledge("export", exported)).toBe("2 exported");
  expect(await knowledge("import", exported)).toBe("0 added, 0 changed, 2 unchanged");
  expect(await knowledge("export")).toBe(await readFile(exported, "utf8"));
  const other = await base();
  await other.knowledge("import", exported);
  expect(await other.bytes()).toEqual(before);
});

it("imports nothing of a file with bad lines, and reports each", async () => {
  const { knowledge, file, bytes } = await base();
  const name = await file(
    POOL,
    "no JSON",
    { ...POOL, pattern: "", runbook: "javascript:alert(1)" },
    { ...POOL, pattern: "else", cause: undefined },
    { ...POOL, pattern: "more", severity: 3 },
    { ...POOL, pattern: "pool of 99 is exhausted" },
    { ...POOL, pattern: "again", origin: "rumour" },
  );
  const importing = knowledge("import", name);
  await expect(importing).rejects.toThrow(/^nothing was imported: 7 problem/);
  await expect(importing).rejects.toThrow(`${name}:2: (whole line): given "no JSON"; allowed: a JSON object`);
  await expect(importing).rejects.toThrow(`${name}:3: pattern: given ""`);
  await expect(importing).rejects.toThrow(`${name}:3: runbook: given "javascript:alert(1)"`);
  await expect(importing).rejects.toThrow(`${name}:4: cause: given`);
  await expect(importing).rejects.toThrow(
    `${name}:5: severity: given an unknown key; allowed: action, cause, createdAt`,
  );
  await expect(importing).rejects.toThrow(`${name}:6: pattern: given the same as in line 1`);
  await expect(importing).rejects.toThrow(`${name}:7: origin: given "rumour"`);
  expect((await bytes()).size).toBe(0);
  await expect(knowledge("import", `${name}.none`)).rejects.toThrow("given a file that cannot be read");
});

it("adds what a person knows, and lets it be confirmed with more, and rejected", async () => {
  const { knowledge, catalog } = await base();
  const entry = ["--pattern", "order 17 is lost", "--cause", "a race", "--action", "lock it"];
  const id = idOf({ pattern: "order <NUM> is lost" });
  expect(await knowledge("add", ...entry)).toBe(`added ${id}`);
  await expect(knowledge("add", ...entry)).rejects.toThrow(`given what is in the base as ${id}`);
  await expect(knowledge("add", "--pattern", "x")).rejects.toThrow(
    "--cause: given nothing; allowed: a cause and an action",
  );
  expect(await knowledge("confirm", id, "--runbook", "https://docs.example.org/r")).toBe(`confirmed ${id}`);
  expect(await catalog.get(id)).toMatchObject({ cause: "a race", runbook: "https://docs.example.org/r" });
  await expect(knowledge("confirm", id, "--runbook", "ftp://x")).rejects.toThrow(
    '--runbook: given "ftp://x"; allowed: an address',
  );
  expect(await knowledge("reject", id)).toBe(`rejected ${id} (confirmed 1, rejected 1)`);
  expect(await knowledge("list", "--state", "rejected")).toContain(
    `${id}  rejected   person   order 17 is lost`,
  );
  expect(await knowledge("list", "--state", "confirmed")).toBe("nothing");
  expect(JSON.parse(await knowledge("list", "--json"))).toMatchObject([{ id, state: "rejected" }]);
  for (const wrong of ["0123456789abcdef", "../../etc/passwd"]) {
    await expect(knowledge("reject", wrong)).rejects.toThrow("allowed: one that list shows");
  }
});

it("learns a day's new errors, each once, and the same day again changes nothing", async () => {
  const { knowledge, newError, bytes, objects, catalog } = await base();
  await knowledge("add", "--pattern", "known <NUM>", "--cause", "a", "--action", "b");
  await newError("0000000000000001", { template: "order <NUM> is lost" });
  // Another service says the same, earlier.
  await newError("0000000000000002", {
    template: "order <*> is lost",
    service: "payment",
    firstSeen: `${DATE}T00:00:00.000Z`,
  });
  await newError("0000000000000003", { template: "order <NUM> is lost", errorCode: "E-17" });
  await newError("0000000000000004", { template: "known <NUM>" });
  await newError("0000000000000005", {
    template: "pool of <NUM> is empty",
    found: { tier: "llm", proposal: { cause: "too small", action: "enlarge" } },
  });
  await objects.put(`${NEW_ERRORS}dt=${DATE}/broken.json`, Buffer.from("no JSON"));
  const lost = idOf({ pattern: "order <NUM> is lost" });
  const pool = idOf({ pattern: "pool of <NUM> is empty" });
  // The most seen first, then what has a cause.
  const [summary, ...proposals] = (await knowledge("learn", "--date", DATE)).split("\n");
  expect(summary).toBe(
    `${DATE}: 5 new errors (and 1 unreadable) in 4 groups: 3 proposed, 1 known, 0 rejected before`,
  );
  expect(proposals.map((line) => line.slice(0, 16)).slice(0, 2)).toEqual([lost, pool]);
  expect(proposals[0]).toContain("seen 2× by checkout, payment");
  const before = await bytes();
  expect(await knowledge("learn", "--date", DATE)).toContain("0 proposed, 4 known");
  expect(await bytes()).toEqual(before);
  expect(await catalog.get(idOf({ pattern: "order <NUM> is lost" }))).toMatchObject({
    origin: "learned",
    state: "proposed",
    createdAt: `${DATE}T00:00:00.000Z`,
  });
  expect(await catalog.get(pool)).toMatchObject({ origin: "llm", state: "proposed", cause: "too small" });

  await knowledge("reject", pool);
  const report = JSON.parse(await knowledge("learn", "--date", DATE, "--json"));
  expect(report).toEqual({
    date: DATE,
    read: 5,
    unreadable: 1,
    groups: 4,
    known: 3,
    rejected: 1,
    proposed: 0,
    left: 0,
    proposals: [],
  });
  // What has no cause cannot be confirmed without one.
  await expect(knowledge("confirm", lost)).rejects.toThrow("--cause");
  expect(await knowledge("confirm", lost, "--cause", "a race", "--action", "lock it")).toBe(
    `confirmed ${lost}`,
  );
  expect(await knowledge("learn", "--date", "2026-01-24")).toContain("0 new errors in 0 groups");
});

it("proposes nothing that the seed knows, day after day", async () => {
  const { knowledge, newError, bytes } = await base();
  const known = {
    template: "cannot open a connection to orders sorry, too many clients already",
    errorCode: "DB_53300",
    level: "FATAL" as const,
  };
  await newError("0000000000000001", known);
  for (let day = 0; day < 3; day++) {
    expect(await knowledge("learn", "--date", DATE)).toContain("0 proposed, 1 known, 0 rejected before");
  }
  expect((await bytes()).size).toBe(0);
});

it("proposes ten errors a day at most, the most seen first, and not the rest when it is asked again", async () => {
  const { knowledge, newError, catalog } = await base();
  const animals = "ant bee cat dog elk fox gnu hen ibis jay kiwi lynx".split(" ");
  for (const [place, animal] of animals.entries()) {
    await newError(`00000000000000${place + 10}`, { template: `the ${animal} ran away`, count: place + 1 });
  }
  const report = JSON.parse(await knowledge("learn", "--date", DATE, "--json"));
  expect(report).toMatchObject({ groups: 12, proposed: 10, left: 2 });
  expect(report.proposals[0]).toMatchObject({
    pattern: "the lynx ran away",
    seen: { count: 12, date: DATE },
  });
  expect(JSON.parse(await knowledge("learn", "--date", DATE, "--json"))).toMatchObject({
    proposed: 0,
    left: 2,
  });
  expect(await catalog.all()).toHaveLength(10);
});

it("proposes nothing that has the signature of a known error, in its template or in a line of it", async () => {
  const { knowledge, newError } = await base();
  await newError("0000000000000001", {
    template: "OrderError: Deadlock found when trying to get lock; try restarting transaction",
  });
  await newError("0000000000000002", {
    template: "order <NUM> was not stored",
    samples: ["order 17 was not stored\nCaused by: java.lang.OutOfMemoryError: Metaspace"],
  });
  expect(await knowledge("learn", "--date", DATE)).toContain("0 proposed, 2 known, 0 rejected before");
});

it("stops an entry that as many people rejected as confirmed, and no sooner", async () => {
  const { knowledge, catalog } = await base();
  const id = idOf({ pattern: "order <NUM> is lost" });
  await knowledge("add", "--pattern", "order 17 is lost", "--cause", "a race", "--action", "lock it");
  await knowledge("confirm", id);
  await knowledge("confirm", id);
  expect(await knowledge("reject", id)).toBe(`confirmed ${id} (confirmed 2, rejected 1)`);
  expect(await knowledge("list")).toContain("confirmed 2, rejected 1");
  expect(await knowledge("reject", id)).toBe(`rejected ${id} (confirmed 2, rejected 2)`);
  expect((await catalog.get(id))?.state).toBe("rejected");
  expect(await knowledge("confirm", id)).toBe(`confirmed ${id} (confirmed 3, rejected 2)`);
});

it("says which entry is damaged", async () => {
  const { knowledge, objects } = await base();
  await objects.put("knowledge/0123456789abcdef.json", Buffer.from("{}"));
  await expect(knowledge("list")).rejects.toThrow(
    /knowledge\/0123456789abcdef\.json: .*remove it or put it back/,
  );
});
