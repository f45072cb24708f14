import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../config/load.ts";
import { buildApp } from "../main.ts";
import { flowPicture } from "../scripts/flow.ts";
import { roomImports, roomsPicture } from "../scripts/rooms.ts";
import { stacksPicture } from "../stacks/picture.ts";
import { STACKS } from "../stacks/registry.ts";
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
  expectCurrent("rooms.svg", await roomsPicture(arrows));
});

it("the picture of the flow is what its script draws", async () => {
  expectCurrent("flow.svg", await flowPicture());
});

describe("the picture of the stacks", () => {
  it("is what dev's synth draws", async () => {
    const outdir = mkdtempSync(join(tmpdir(), "cali-picture-"));
    try {
      buildApp(loadConfig({ env: "dev" }), { outdir }).synth();
      const picture = await stacksPicture(outdir);
      for (const { id } of STACKS) expect(picture).toContain(`<title>${id.replaceAll("-", "&#45;")}</title>`);
      expectCurrent("stacks.svg", picture);
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  });

  it("shows the one state of the layout shared as one box", async () => {
    const outdir = mkdtempSync(join(tmpdir(), "cali-picture-"));
    try {
      buildApp(loadConfig({ env: "terraform-users" }), { outdir }).synth();
      const picture = await stacksPicture(outdir);
      expect(picture).toContain("<title>infra</title>");
      expect(picture).not.toContain("<title>01&#45;kinesis</title>");
      expect(picture).toMatch(/<style>.*prefers-color-scheme: dark.*<\/style>/);
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  });
});

function expectCurrent(file: string, picture: string): void {
  const drawn = readFileSync(join(ROOT, "docs/pictures", file), "utf8");
  expect(picture === drawn, `docs/pictures/${file} is old: npm run docs:pictures`).toBe(true);
}

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
