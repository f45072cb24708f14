import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { textsOf } from "../services/consumer/src/notify/slack/texts.ts";
import { readDocument } from "./support/documents.ts";
import { ROOT } from "./support/run.ts";

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const GLOSSARY = "docs/ko/glossary.md";

/** Documents in both languages: the Korean one by its file, and the English one that it is in step with. */
const PAIRS: ReadonlyMap<string, string> = new Map([
  ["README.ko.md", "README.md"],
  ...readdirSync(join(ROOT, "docs/ko"))
    .map((name) => `docs/ko/${name}`)
    .filter((file) => file.endsWith(".md") && file !== GLOSSARY)
    .map((file): [string, string] => [file, file.replace("docs/ko/", "docs/")]),
]);

const korean = [...PAIRS.keys()].map(read).join("\n");
/** Every text of a message, functions by their source. */
const { tiers, known: _, nearCause: __, ...texts } = textsOf("ko");
const messages = [...Object.values(texts), ...Object.values(tiers)].map(String).join("\n");

/** What a part of a document has, whatever its language: a part is what stands below one heading. */
function outlineOf(file: string) {
  const { text } = readDocument(file);
  return text.split(/^(?=#+ )/m).map((part) => {
    const prose = part.replaceAll(/^[ \t]*```\w*\n[\s\S]*?^[ \t]*```$/gm, "");
    return {
      heading: /^#* /.exec(part)?.[0] ?? "",
      code: [...part.matchAll(/^[ \t]*```(\w*)\n([\s\S]*?)^[ \t]*```$/gm)].map(([, language, block = ""]) => [
        language,
        block.replaceAll(/ +# .*$/gm, "").trim(),
      ]),
      rows: prose.match(/^ *\|.*\|$/gm)?.length ?? 0,
      items: prose.match(/^ *(?:-|\d+\.) /gm)?.length ?? 0,
      figures: (prose.replaceAll(/`[^`\n]+`|\]\([^()\s]+\)/g, "").match(/\d[\d,.]*\d/g) ?? []).sort(),
      spans: [...new Set(prose.match(/`[^`\n]+`/g))].sort(),
      links: [...prose.matchAll(/\]\(([^()\s#]*)[^()\s]*\)/g)]
        .map(([, path = ""]) => path.split("/").filter((step) => !["..", "docs", "ko"].includes(step)))
        .map((steps) => steps.join("/").replace("README.ko.md", "README.md"))
        .sort(),
    };
  });
}

describe.each([...PAIRS])("%s", (file, english) => {
  it("says in each part what its English has: commands, keys, figures, tables, steps and links", () => {
    expect(outlineOf(file)).toEqual(outlineOf(english));
  });

  it("is Korean", () => {
    const lines =
      read(file)
        .replaceAll(/```[\s\S]*?```/g, "")
        .match(/^[^|\n<!]{60,}$/gm) ?? [];
    expect(lines.filter((line) => !/[가-힣]/.test(line.replaceAll(/`[^`]*`|\([^)]*\)/g, "")))).toEqual([]);
  });
});

it("the glossary's words are those of the documents and of the messages", () => {
  const rows = [...read(GLOSSARY).matchAll(/^\| ([a-z][\w ,]*) \| ([가-힣 ]+) \|/gm)];
  expect(rows.length).toBeGreaterThan(20);
  const english = rows.map(([, word]) => word);
  expect(english).toEqual([...english].sort());
  const unused = rows.flatMap(([, , word = ""]) => (`${korean}\n${messages}`.includes(word) ? [] : [word]));
  expect(unused).toEqual([]);
});

it("what is invalid is 형식 오류 everywhere", () => {
  expect(korean).toContain("형식 오류");
  expect(`${korean}\n${messages}`).not.toMatch(/불량|무효/);
});
