import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { SqliteVectorStore } from "../src/cause/vectors/sqlite-store.ts";
import { temporaryFolder } from "./support/process.ts";
import { MAKING } from "./support/vectors.ts";

it("is filled by two processes at once, of which one finds it damaged", async () => {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  const file = join(folder, "vectors.sqlite");
  await writeFile(file, "no database, and long enough to be read as one".repeat(20));
  const program = join(import.meta.dirname, "support/vector-writer.ts");
  const writers = ["one", "two"].map(async (name) => {
    const child = spawn(process.execPath, ["--import", "tsx", "--no-warnings", program, file, name]);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    const [code] = await once(child, "close");
    return { code, said };
  });
  const ends = await Promise.all(writers);
  expect(ends.map(({ code, said }) => ({ code, said: said.replace(/rebuilt\n/, "") }))).toEqual([
    { code: 0, said: "" },
    { code: 0, said: "" },
  ]);
  expect(ends.filter(({ said }) => said.includes("rebuilt"))).toHaveLength(1);
  const store = await SqliteVectorStore.open({ file, making: MAKING });
  onTestFinished(() => store.close());
  expect((await store.ids()).size).toBe(200);
});
