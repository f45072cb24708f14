import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { code, fence, htmlCode } from "../../delivery/core/markdown.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";
import { render } from "../../delivery/core/report/render.ts";
import { hostileTexts, nth, plain } from "../support/hostile.ts";
import { hostilePlanText } from "../support/hostile-plan.ts";
import { find, parse, structure } from "../support/markdown.ts";
import { planText } from "../support/plans.ts";
import { reportOf } from "../support/reports.ts";

function commentOf(plan: string, text: (n: number) => string, limit = Infinity) {
  const stacks = [
    { name: text(0), status: "planned" as const, plan: parsePlan(plan, "plan.json") },
    { name: text(1), status: "waiting" as const, waitsFor: [text(2), text(3)], reason: text(4) },
    { name: text(5), status: "failed" as const, reason: text(6) },
  ];
  return render(reportOf(stacks, { environment: text(7) }), { limit });
}

describe("hostile values", () => {
  it("change nothing of a comment but what is in code", () => {
    const expected = structure(parse(commentOf(hostilePlanText(plain), plain).markdown));
    fc.assert(
      fc.property(hostileTexts, (some) => {
        const text = nth(some);
        expect(structure(parse(commentOf(hostilePlanText(text), text).markdown))).toEqual(expected);
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
        fc.property(hostileTexts, (some) => {
          expect(structure(parse(commentOf(hostilePlan(name, some), plain).markdown))).toEqual(expected);
        }),
        { numRuns: 3 },
      );
    }
  });

  it("never make a comment too long or leave a block open", () => {
    fc.assert(
      fc.property(hostileTexts, fc.integer({ min: 4_000, max: 12_000 }), (some, limit) => {
        const text = nth(some.map((one) => one.slice(0, 40)));
        const { markdown } = commentOf(hostilePlanText(text), text, limit);
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
