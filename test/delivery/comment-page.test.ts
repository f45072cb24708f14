import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageOf } from "../../delivery/commands/comment/page/page.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";
import { commentOf } from "../../delivery/core/report/plan-report.ts";
import { hostileTexts, nth, plain } from "../support/hostile.ts";
import { hostilePlanText } from "../support/hostile-plan.ts";
import { makePlan, PLANS, planOf } from "../support/plans.ts";
import { plannedStack, reportOf } from "../support/reports.ts";

const pages = new Map(PLANS.map((name) => [name, pageOf(reportOf([plannedStack(planOf(name))]))]));
const page = (name: string) => pages.get(name) ?? "";
/** Everything between tags, as a reader sees it. */
const textOf = (html: string) =>
  decoded(html.replace(/^[\s\S]*<\/head>|<script>[\s\S]*<\/script>/g, "").replace(/<[^>]*>/g, " "));
const decoded = (html: string) =>
  html.replace(/&#x([0-9A-F]+);/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)));
const tagsOf = (html: string): readonly string[] => html.match(/<[^>]*>/g) ?? [];
/** How many lines a value has, and which words are marked, depends on the value. */
const withoutValues = (html: string) => html.replace(/<table class="sides[\s\S]*?<\/table>/g, "");
const withoutNumbers = (tag: string) => tag.replace(/"\d+"/g, '""');

describe("the page of a run's plans", () => {
  it.each(PLANS)("has every resource that %s changes, and is one file of less than 5 MB", (name) => {
    const html = page(name);
    const entries = html.match(/class="entry /g) ?? [];
    const { resources, outputs, drift } = planOf(name);
    const changed = resources.filter(
      ({ action, importing, movedFrom }) => action !== "no-op" || importing || movedFrom,
    );
    expect(entries).toHaveLength(changed.length + outputs.length + drift.length);
    expect(Buffer.byteLength(html)).toBeLessThan(5_000_000);
    expect(html).not.toMatch(/<(?:img|iframe|object|embed|form)|\ssrc=|\sstyle=|\son\w+=/);
    expect([...html.matchAll(/<link[^>]*>/g)].map(([tag]) => tag)).toEqual([
      '<link rel="icon" href="data:,">',
    ]);
  });

  it("runs its own script alone, which its policy names by hash", () => {
    const html = page("replace");
    const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const content = (tag: string) => new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)?.[1] ?? "";
    expect(decoded(policy).split("; ")).toEqual([
      "default-src 'none'",
      `style-src ${hash(content("style"))}`,
      `script-src ${hash(content("script"))}`,
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(html.indexOf("Content-Security-Policy")).toBeLessThan(html.indexOf("<style>"));
  });

  it("has the columns of what happens, and no others", () => {
    const columns = (html: string) =>
      [...html.matchAll(/<th align="right">([^<]*)/g)].map(([, name]) => name);
    expect(columns(page("replace"))).toEqual(["replace"]);
    expect(columns(page("no-op"))).toEqual([]);
    const priced = { ...plannedStack(planOf("create")), cost: { before: 0, after: 1, unknown: 0 } };
    const two = pageOf(reportOf([priced, plannedStack(planOf("update"))]));
    expect(columns(two)).toEqual(["add", "change", "USD a month"]);
  });

  it("hides what the comment hides", () => {
    const html = page("sensitive");
    expect(html).not.toMatch(/Passw0rd|An0ther/);
    expect(textOf(html)).toContain("(sensitive)");
    const plan = makePlan([
      {
        actions: ["update"],
        before: { token: "s3cr3t-token-1", url: "https://x/?t=s3cr3t-token-1" },
        after: { token: "s3cr3t-token-2", url: "https://x/?t=s3cr3t-token-2" },
        beforeSensitive: { token: true },
        afterSensitive: { token: true },
      },
    ]);
    const report = reportOf([plannedStack(plan)]);
    expect(pageOf(report) + commentOf(report)).not.toContain("s3cr3t");
  });

  it("sets old and new lines of a document against each other", () => {
    const statement = (action: string) => ({
      Effect: "Allow",
      Action: ["s3:GetObject", action],
      Resource: "*",
    });
    const policy = (action: string) =>
      JSON.stringify({ Version: "2012-10-17", Statement: [statement(action)] });
    const html = pageOf(
      reportOf([
        plannedStack(
          makePlan([
            {
              actions: ["update"],
              before: { policy: policy("s3:PutObject"), size: 3 },
              after: { policy: policy("s3:ListBucket"), size: 5 },
            },
          ]),
        ),
      ]),
    );
    expect(html).toMatch(/<tr class="same">.*s3:GetObject.*s3:GetObject/);
    expect(html).toMatch(/class="old"[^>]*>[^<]*<mark>3<\/mark>|class="old"[^>]*>3</);
    const row = /<tr class="changed">(?:(?!<\/tr>).)*PutObject(?:(?!<\/tr>).)*<\/tr>/.exec(html)?.[0] ?? "";
    expect(textOf(row)).toMatch(/s3: *PutObject.*s3: *ListBucket/);
  });

  it("is linked from the comment where it is kept, and only there", () => {
    const report = reportOf([plannedStack(planOf("update"))]);
    const url = "https://github.com/shop/cali/actions/runs/4711/artifacts/12";
    expect(commentOf({ ...report, page: url })).toContain(`. [Old and new values side by side](<${url}>)`);
    expect(commentOf(report)).not.toContain("side by side");
  });

  it("keeps hostile values text: its tags are those of a plain plan", () => {
    const hostile = (text: (n: number) => string) =>
      pageOf(
        reportOf(
          [
            { name: text(0), status: "planned", plan: parsePlan(hostilePlanText(text), "plan.json") },
            { name: text(1), status: "waiting", waitsFor: [text(2), text(3)], reason: text(4) },
            { name: text(5), status: "failed", reason: text(6) },
          ],
          { environment: text(7) },
        ),
      );
    const expected = tagsOf(withoutValues(hostile(plain)));
    const known = new Set([hostile(plain), ...PLANS.map(page)].flatMap(tagsOf).map(withoutNumbers));
    fc.assert(
      fc.property(hostileTexts, (some) => {
        const html = hostile(nth(some));
        expect(tagsOf(withoutValues(html))).toEqual(expected);
        expect(
          tagsOf(html)
            .map(withoutNumbers)
            .filter((tag) => !known.has(tag)),
        ).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });
});
