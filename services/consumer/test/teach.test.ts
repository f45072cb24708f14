import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { Asking } from "../src/cause/knowledge/ask.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { parseProducts } from "../src/cause/knowledge/products.ts";
import { SeededCatalog, seed } from "../src/cause/knowledge/seed.ts";
import { Signatures } from "../src/cause/signature/signatures.ts";
import { program } from "../src/commands/cli.ts";
import { FolderObjectStore } from "../src/state/objects/folder.ts";
import { temporaryFolder } from "./support/process.ts";

/** The section of the docs on how to make errors known. */
const [, SECTION = ""] =
  /## Teach CALI your errors\n([\s\S]*?)\n## /.exec(
    readFileSync(join(import.meta.dirname, "../../../docs/knowledge.md"), "utf8"),
  ) ?? [];
const blocks = (language: string) =>
  [...SECTION.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter(([, of]) => of === language)
    .map(([, , text = ""]) => text);

it("has a product's file that is read, and whose errors are then recognized", () => {
  const [yaml = ""] = blocks("yaml");
  const [entry] = parseProducts([{ file: "shop.yaml", text: yaml }]);
  if (!entry) return expect.unreachable();
  const signatures = new Signatures([...seed(), entry].map((known) => ({ ...known, of: known.name })));
  const found = (text: string) => signatures.find(text).find(({ against }) => against === undefined)?.of;
  expect(found("OrderError: stock of item 7 is locked by order 12")).toBe(entry.name);
  expect(found("shop.StockLocked: item 7 is locked, try again in 30 s")).toBe(entry.name);
  expect(found("stock of item 7 is counted by order 12")).toBeUndefined();
});

it("has commands that do what it says", async () => {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  const commands = blocks("sh").flatMap((block) => block.trimEnd().split("\n"));
  expect(commands).toHaveLength(3);
  const [ask = "", add = "", askBase = ""] = commands;
  expect(ask).toBe("npx consumer knowledge ask < errors.log");
  expect(askBase).toBe("npx consumer knowledge ask --folder objects < errors.log");
  const args = [...add.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain = ""]) => quoted ?? plain);
  expect(args.slice(0, 2)).toEqual(["npx", "consumer"]);
  const objects = join(folder, "objects");
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await program().parseAsync(
    args.slice(2).map((arg) => (arg === "objects" ? objects : arg)),
    { from: "user" },
  );
  log.mockRestore();
  const asking = new Asking(new SeededCatalog(new ObjectCatalog(new FolderObjectStore(objects))));
  await asking.open();
  const answer = await asking.answer("2026-01-25 WARN cart 99 was emptied by the janitor");
  expect(answer).toMatchObject({ tier: "signature", entry: expect.stringMatching(/^[0-9a-f]{16}$/) });
});
