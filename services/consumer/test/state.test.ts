import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { SqliteStateStore } from "../src/state/sqlite.ts";
import { temporaryFolder } from "./support/process.ts";
import { stateContract } from "./support/state-contract.ts";

async function stateFile(): Promise<string> {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  return join(folder, "deep", "state.sqlite");
}

describe("SqliteStateStore", () => {
  stateContract(
    async () => {
      const file = await stateFile();
      let store = new SqliteStateStore(file);
      onTestFinished(() => store.close());
      return {
        store,
        async reopen() {
          await store.close();
          store = new SqliteStateStore(file);
          return store;
        },
      };
    },
    { runs: 50 },
  );

  it("takes over a state that has no incidents and notes yet", async () => {
    const file = await stateFile();
    await new SqliteStateStore(file).close();
    const old = new DatabaseSync(file);
    old.exec("DROP TABLE incidents; DROP TABLE notes");
    old.close();
    const store = new SqliteStateStore(file);
    onTestFinished(() => store.close());
    expect(await store.incidents.size()).toBe(0);
    expect(await store.notes.claim("a", "b")).toBe("b");
  });

  it("is open to one process at a time, and says so", async () => {
    const file = await stateFile();
    const store = new SqliteStateStore(file);
    expect(() => new SqliteStateStore(file)).toThrow(/another process has the state open/);
    await store.close();
    await new SqliteStateStore(file).close();
  });

  it("refuses a damaged file, names the remedy and leaves the file as it is", async () => {
    const file = await stateFile();
    await new SqliteStateStore(file).close();
    const bytes = await readFile(file);
    bytes.fill(0x5a, 0, 2_000);
    writeFileSync(file, bytes);
    expect(() => new SqliteStateStore(file)).toThrow(
      /state\.sqlite: the state file is damaged .* Put back a copy/s,
    );
    expect((await readFile(file)).equals(bytes)).toBe(true);
  });

  it("refuses a file whose pages are damaged inside", async () => {
    const file = await stateFile();
    const store = new SqliteStateStore(file);
    const lease = await store.acquireLease("a", "one");
    await store.releaseLease(lease);
    await store.close();
    const bytes = await readFile(file);
    bytes.fill(0xff, 4_096, bytes.length);
    writeFileSync(file, bytes);
    expect(() => new SqliteStateStore(file)).toThrow(/the state file is damaged/);
  });

  it("refuses a newer version", async () => {
    const file = await stateFile();
    await new SqliteStateStore(file).close();
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 99");
    db.close();
    expect(() => new SqliteStateStore(file)).toThrow(/given state of version 99, allowed up to 1/);
  });

  it("says when its folder cannot be made", async () => {
    const file = await stateFile();
    expect(() => new SqliteStateStore(join("/dev/null", file))).toThrow(/the state's folder cannot be made/);
  });
});
