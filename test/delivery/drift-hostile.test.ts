import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changeComment } from "../../delivery/commands/drift/change.ts";
import { KINDS } from "../../delivery/commands/drift/finding.ts";
import { driftMessage } from "../../delivery/commands/drift/message.ts";
import { renderDrift } from "../../delivery/commands/drift/render.ts";
import { driftReport } from "../../delivery/commands/drift/report.ts";
import { holdingsOfState } from "../../delivery/commands/drift/states.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";
import { COMMENT_LIMIT } from "../../delivery/core/report/render.ts";
import type { StackReport } from "../../delivery/core/report/report.ts";
import { hostileTexts, nth, plain } from "../support/hostile.ts";
import { hostilePlanText } from "../support/hostile-plan.ts";
import { parse, structure } from "../support/markdown.ts";
import { planOf } from "../support/plans.ts";
import { COMMIT, plannedStack, REPOSITORY } from "../support/reports.ts";
import { textsOf } from "../support/slack-texts.ts";
import { STATE } from "../support/state-bucket.ts";

const links = { repository: REPOSITORY, run: `${REPOSITORY}/actions/runs/7` };

/** A report with every kind of finding, in which `text(n)` is the n-th string. */
function reportOf(text: (n: number) => string) {
  const stacks: StackReport[] = [
    { name: text(0), status: "planned", plan: parsePlan(hostilePlanText(text), "plan.json") },
    { name: text(1), status: "waiting", waitsFor: [], reason: text(2) },
    { name: text(3), status: "failed", reason: text(4) },
  ];
  const state = JSON.stringify({
    ...STATE,
    resources: [5, 6].map((n) => ({
      mode: "managed",
      type: text(7),
      name: text(n),
      instances: [{ index_key: text(8), attributes: { id: text(9) } }],
    })),
  });
  const key = text(10);
  return driftReport({
    environment: "dev",
    commit: COMMIT,
    stacks,
    links,
    states: [{ key, holdings: holdingsOfState(key, state) }],
    privileges: [
      {
        role: { stack: text(0), address: text(5), name: text(6), attached: new Set(), inline: new Set() },
        attached: [text(7)],
        inline: [text(8)],
      },
    ],
    runs: [
      {
        ...{ runId: 1, workflow: text(0), job: text(5), commit: text(6), waitsFor: "turn" },
        ...{ since: "2026-01-21T14:03:59Z", url: text(7) },
      },
    ],
    now: 0,
  });
}

describe("hostile values", () => {
  it("change nothing of an issue but what is in code", () => {
    const report = reportOf(plain);
    expect(new Set(report.findings.map(({ kind }) => kind))).toEqual(new Set(KINDS));
    const expected = structure(parse(renderDrift(report)));
    fc.assert(
      fc.property(hostileTexts, (some) => {
        expect(structure(parse(renderDrift(reportOf(nth(some)))))).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  it("change nothing of a comment on what is new either", () => {
    const commentOf = (text: (n: number) => string) => {
      const report = reportOf(text);
      const [first, ...others] = report.findings;
      const before = [
        ...others.map((one) => ({ ...one, fingerprint: "another" })),
        ...(first ? [{ ...first, stack: text(11), key: text(12) }] : []),
        { kind: "pending" as const, stack: text(3), key: text(13), fingerprint: "" },
      ];
      return changeComment({ environment: "dev", digest: "0".repeat(64), findings: before }, report);
    };
    const expected = structure(parse(commentOf(plain)));
    fc.assert(
      fc.property(hostileTexts, (some) => {
        expect(structure(parse(commentOf(nth(some))))).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  it("mention nobody in Slack, and stay within its limits", () => {
    fc.assert(
      fc.property(hostileTexts, fc.nat(100), (some, times) => {
        const long = nth(some.map((one) => one.repeat(times + 1)));
        const { blocks } = driftMessage(reportOf(long), "found", `${REPOSITORY}/issues/1`);
        expect(blocks.length).toBeLessThanOrEqual(50);
        for (const { text, type, verbatim } of textsOf(blocks)) {
          expect(text.length).toBeLessThanOrEqual(type === "plain_text" ? 150 : 3_000);
          expect(text.length).toBeGreaterThan(0);
          if (type === "mrkdwn") expect(verbatim).toBe(true);
          for (const [, inside] of text.matchAll(/<([^>]*)>?/g)) {
            expect(inside?.startsWith(`${REPOSITORY}/`)).toBe(true);
          }
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe("an issue's text", () => {
  const findingsOf = (count: number, length: number) =>
    plannedStack({
      ...planOf("create"),
      outputs: [],
      resources: Array.from({ length: count }, (_, place) => {
        const [resource] = planOf("create").resources.filter(({ action }) => action === "create");
        if (!resource) throw new Error("nothing is made in the plan `create`");
        return { ...resource, address: `aws_x.y["${place}${"é".repeat(length)}"]` };
      }),
    });

  it("is never longer than GitHub takes, however much there is, and counts what it leaves out", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 8_000, max: COMMENT_LIMIT }),
        (count, length, limit) => {
          const report = driftReport({
            environment: "dev",
            commit: COMMIT,
            stacks: [findingsOf(count, length)],
            links,
            states: [],
            privileges: [],
          });
          const text = renderDrift(report, limit);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
          const shown = text.match(/is in the code and not there/g)?.length ?? 0;
          const rest = Number(/^- and (\d+) more$/m.exec(text)?.[1] ?? 0);
          expect(shown + rest).toBe(count);
          expect(text.includes("The whole is in the summary of [the run]")).toBe(
            text !== renderDrift(report),
          );
        },
      ),
      { numRuns: 15 },
    );
  });

  it("holds hundreds of stacks", () => {
    const stacks = Array.from({ length: 600 }, (_, place): StackReport => {
      return { name: `${"long-".repeat(20)}${place}`, status: "failed", reason: "x".repeat(1_000) };
    });
    const report = driftReport({
      environment: "dev",
      commit: COMMIT,
      stacks,
      links,
      states: [],
      privileges: [],
    });
    const text = renderDrift(report, 20_000);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(20_000);
    expect(text).toMatch(/### Could not be planned: 600[\s\S]*- and \d+ more/);
  });
});
