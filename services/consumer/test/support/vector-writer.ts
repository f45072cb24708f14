import { SqliteVectorStore } from "../../src/cause/vectors/sqlite-store.ts";
import { seeded } from "./random.ts";
import { direction, MAKING } from "./vectors.ts";

/** Puts 100 vectors of its own name into the file, one by one. */
const [, , file = "", name = ""] = process.argv;
const store = await SqliteVectorStore.open({
  file,
  making: MAKING,
  busyTimeoutMs: 20_000,
  onRebuilt: () => console.log("rebuilt"),
});
const random = seeded(name.length);
for (let i = 0; i < 100; i++) await store.put([{ id: `${name}-${i}`, vector: direction(random) }]);
await store.close();
