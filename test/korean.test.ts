import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { textsOf } from "../services/consumer/src/notify/slack/texts.ts";
import { ROOT } from "./support/run.ts";

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** The Korean of the README, and every text of a message, functions by their source. */
const readme = read("README.md").split("\n## 한국어\n")[1] ?? expect.fail("README.md has no 한국어");
const { tiers, known: _, nearCause: __, ...texts } = textsOf("ko");
const messages = [...Object.values(texts), ...Object.values(tiers)].map(String).join("\n");

it("the glossary's words are those of the README and of the messages", () => {
  const rows = [...read("docs/ko/glossary.md").matchAll(/^\| ([a-z][\w ,]*) \| ([가-힣 ]+) \|/gm)];
  expect(rows.length).toBeGreaterThan(20);
  const english = rows.map(([, word]) => word);
  expect(english).toEqual([...english].sort());
  const unused = rows.flatMap(([, , word = ""]) => (`${readme}\n${messages}`.includes(word) ? [] : [word]));
  expect(unused).toEqual([]);
});

it("what is invalid is 형식 오류 everywhere", () => {
  expect(readme).toContain("형식 오류");
  expect(`${readme}\n${messages}`).not.toMatch(/불량|무효/);
});
