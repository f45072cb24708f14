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

it("the page has the stages from GetRecords to Slack as the consumer runs them", () => {
  const text = (file: string) => readFileSync(join(ROOT, file), "utf8");
  const lists = text("services/consumer/src/pipeline/stages.ts").split("export function").slice(1);
  const run = lists.flatMap(
    (list) => list.split("return [")[1]?.match(/\b[a-z]\w+(?=\()|\b(?<=, )group\b/g) ?? [],
  );
  expect(run).toContain("commitStep");
  const [, page = ""] = text("docs/architecture.md").split("two lists of stages");
  const shown = page.match(/(?<=`)[a-z]\w+(?=`)/g)?.slice(0, run.length);
  expect(shown?.map((name) => name.replace("groupErrors", "group"))).toEqual(run);
});
