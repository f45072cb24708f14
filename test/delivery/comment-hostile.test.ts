import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { describe, expect, it } from "vitest";
import { code, fence, htmlCode } from "../../delivery/comment/markdown.ts";
import { render } from "../../delivery/comment/render.ts";
import { parsePlan } from "../../delivery/plan-json/read.ts";
import { hostileText } from "../support/hostile.ts";
import { type ChangeInput, change, planJson, planText } from "../support/plans.ts";
import { reportOf } from "../support/reports.ts";

interface Tree {
  readonly type: string;
  readonly value?: string;
  readonly children?: readonly Tree[];
  readonly [key: string]: unknown;
}

/** As GitHub reads it: CommonMark with GitHub's tables, strike-through, task lists and addresses that become links. */
const parse = (markdown: string) =>
  fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }) as unknown as Tree;

/** Everything that a reader sees but the values in code: blocks, words, links, HTML. */
function structure({ type, value, children, position: _, ...rest }: Tree): unknown {
  if (type === "inlineCode" || type === "code") return { type, ...rest };
  const shown = type === "html" ? value?.replace(/<code>[^<>"']*<\/code>/g, "<code></code>") : value;
  return { type, value: shown, ...rest, children: children?.map(structure) };
}

function find(tree: Tree, type: string): Tree[] {
  return [
    ...(tree.type === type ? [tree] : []),
    ...(tree.children ?? []).flatMap((child) => find(child, type)),
  ];
}

/** A plan with something in every part of a comment, in which `text(n)` is the n-th string. */
function planOf(text: (n: number) => string): string {
  const address = (n: number) => `aws_x.y["${text(n)}"]`;
  const object = (n: number) => ({
    [text(n)]: text(n + 1),
    list: [text(n + 2), { [text(n + 3)]: text(n + 4) }],
  });
  const document = (n: number) => JSON.stringify({ Statement: [object(n), object(n + 5)] });
  const changes: ChangeInput[] = [
    { address: address(0), actions: ["create"], after: { a: object(1), policy: document(10) } },
    { address: address(20), actions: ["update"], before: { p: document(21) }, after: { p: document(31) } },
    {
      address: address(41),
      actions: ["delete"],
      before: { id: text(42), ...object(43) },
      more: { action_reason: text(48) },
    },
    {
      address: address(50),
      actions: ["delete", "create"],
      before: object(51),
      after: object(56),
      change: { replace_paths: [["list"]] },
    },
    { address: address(61), actions: ["no-op"], change: { importing: { id: text(62) } } },
    { address: address(63), actions: ["no-op"], more: { previous_address: text(64) } },
    { address: address(65), actions: ["forget"], before: object(66) },
    {
      address: address(71),
      actions: ["delete"],
      more: { type: "aws_s3_bucket", deposed: text(72) },
      before: { name: text(73) },
    },
    { address: address(74), actions: ["update"], before: { tags: object(75) }, after: { tags: object(80) } },
  ];
  const output = (n: number) => ({
    actions: ["update"],
    before: text(n),
    after: object(n + 1),
    before_sensitive: false,
    after_sensitive: false,
  });
  return JSON.stringify(
    planJson(changes, {
      resource_drift: [
        change({
          address: address(74),
          actions: ["update"],
          before: { tags: object(85) },
          after: { tags: object(75) },
        }),
      ],
      output_changes: Object.fromEntries([[text(90), output(91)]]),
    }),
  );
}

function commentOf(plan: string, text: (n: number) => string, limit = Infinity) {
  const stacks = [
    { name: text(0), status: "planned" as const, plan: parsePlan(plan, "plan.json") },
    { name: text(1), status: "waiting" as const, waitsFor: [text(2), text(3)], reason: text(4) },
    { name: text(5), status: "failed" as const, reason: text(6) },
  ];
  return render(reportOf(stacks, { environment: text(7) }), { limit });
}

/** The n-th hostile text, unlike all others. */
const nth = (texts: readonly string[]) => (n: number) => `${n}${texts[n % texts.length]}${n}`;
const plain = (n: number) => `${n}plain${n}`;
const texts = fc.array(hostileText, { minLength: 1, maxLength: 40 });

describe("hostile values", () => {
  it("change nothing of a comment but what is in code", () => {
    const expected = structure(parse(commentOf(planOf(plain), plain).markdown));
    fc.assert(
      fc.property(texts, (some) => {
        const text = nth(some);
        expect(structure(parse(commentOf(planOf(text), text).markdown))).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  it("in every string of real plans change nothing either", () => {
    const hostilePlan = (name: string, some: readonly string[]) => {
      const known = new Map<string, string>();
      const replaced = (text: string) => {
        const hostile = known.get(text) ?? `${some[known.size % some.length]}${known.size}`;
        known.set(text, hostile);
        return hostile;
      };
      const walk = (value: unknown): unknown => {
        if (typeof value === "string") return replaced(value);
        if (Array.isArray(value)) return value.map(walk);
        if (typeof value !== "object" || value === null) return value;
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [replaced(key), walk(item)]));
      };
      const plan = JSON.parse(planText(name));
      for (const one of [...plan.resource_changes, ...(plan.resource_drift ?? [])]) {
        one.address = replaced(one.address);
        one.name = replaced(one.name);
        one.type = replaced(one.type);
        for (const side of ["before", "after", "before_sensitive", "after_sensitive", "after_unknown"]) {
          one.change[side] = walk(one.change[side]);
        }
        one.change.replace_paths = walk(one.change.replace_paths ?? []);
      }
      return JSON.stringify({ ...plan, configuration: {} });
    };
    for (const name of ["replace", "import"]) {
      const expected = structure(parse(commentOf(hostilePlan(name, ["plain"]), plain).markdown));
      fc.assert(
        fc.property(texts, (some) => {
          expect(structure(parse(commentOf(hostilePlan(name, some), plain).markdown))).toEqual(expected);
        }),
        { numRuns: 3 },
      );
    }
  });

  it("never make a comment too long or leave a block open", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 4_000, max: 12_000 }), (some, limit) => {
        const text = nth(some.map((one) => one.slice(0, 40)));
        const { markdown } = commentOf(planOf(text), text, limit);
        expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(limit);
        const html = find(parse(markdown), "html").map(({ value }) => value ?? "");
        const count = (tag: string) => html.join("").split(tag).length;
        expect(count("<details>")).toBe(count("</details>"));
      }),
      { numRuns: 15 },
    );
  });

  it("stay themselves, but for what nobody sees", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii", minLength: 1 }), (text) => {
        const [inline] = find(parse(`before ${code(text)} after`), "inlineCode");
        expect(inline?.value).toBe(text.trim() === "" ? JSON.stringify(text) : text);
        const [block] = find(parse(fence("diff", [text, "second"])), "code");
        expect(block?.value).toBe(`${text}\nsecond`);
      }),
    );
  });

  it("are text in HTML, too", () => {
    expect(htmlCode(`</code><b title="x">&'`)).toBe(
      "<code>&lt;/code&gt;&lt;b title=&quot;x&quot;&gt;&amp;&#39;</code>",
    );
  });
});
