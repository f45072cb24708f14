import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { roomImports, roomsPicture } from "../scripts/rooms.ts";
import { ROOT } from "./support/run.ts";

it("the picture of the rooms is what the imports are", async () => {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  }).split("\n");
  const arrows = roomImports(files, ROOT);
  expect(arrows.get("main.ts → stacks")).toBe(1);
  expect([...arrows.keys()].filter((arrow) => arrow.startsWith("config → "))).toEqual([
    "config → packages/settings",
  ]);
  const picture = await roomsPicture(arrows);
  const drawn = readFileSync(join(ROOT, "docs/pictures/rooms.svg"), "utf8");
  expect(picture === drawn, "docs/pictures/rooms.svg is old: npm run docs:rooms").toBe(true);
});
