import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { PlanFormatError } from "../../delivery/core/errors.ts";
import { commentOf, reportOfPlan } from "../../delivery/core/report/plan-report.ts";
import { COMMENT_LIMIT } from "../../delivery/core/report/render.ts";
import { planText } from "../support/plans.ts";

/** Plans that no Terraform wrote: some value anywhere is another one, or gone. */

const folder = mkdtempSync(join(tmpdir(), "cali-mutated-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const STRANGE = join(import.meta.dirname, "../fixtures/strange-plans");
const PLANS = [
  ...readdirSync(STRANGE)
    .filter((file) => file.endsWith(".json"))
    .map((file) => readFileSync(join(STRANGE, file), "utf8")),
  ...["drift", "import", "moved", "forget", "replace"].map(planText),
].filter((text) => text.length < 400_000);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** Every place in a value: the container, and the key or index in it. */
function placesIn(value: Json, found: [Json[] | Record<string, Json>, string | number][] = []) {
  if (typeof value !== "object" || value === null) return found;
  for (const [key, item] of Object.entries(value)) {
    found.push([value, Array.isArray(value) ? Number(key) : key]);
    placesIn(item, found);
  }
  return found;
}
const others = fc.oneof(
  fc.constantFrom<Json>(null, true, [], {}, "", "x", -1, 1e300, [null], [[]], { "": null }, [
    "create",
    "delete",
  ]),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);
const mutations = fc.array(
  fc.record({ at: fc.nat(), other: fc.oneof({ weight: 3, arbitrary: others }, fc.constant(undefined)) }),
  { minLength: 1, maxLength: 4 },
);

function mutated(text: string, changes: readonly { at: number; other: Json | undefined }[]): string {
  const plan = JSON.parse(text) as Json;
  for (const { at, other } of changes) {
    const places = placesIn(plan);
    const [container, key] = places[at % places.length] ?? [[], 0];
    if (other !== undefined) (container as Record<string | number, Json>)[key] = structuredClone(other);
    else if (Array.isArray(container)) container.splice(Number(key), 1);
    else delete container[key];
  }
  return JSON.stringify(plan);
}

const SECRET = "hunter2";

/** Whether the plan still says that the value is a secret: where its mark or the value was changed away, nobody can know. */
function saysWhatIsSecret(plan: string): boolean {
  const marked = (value: Json | undefined, marks: Json | undefined): boolean =>
    marks === true
      ? (JSON.stringify(value) ?? "").includes(SECRET)
      : typeof marks === "object" &&
        Object.entries(marks ?? {}).some(([key, mark]) => marked(Object(value)[key], mark));
  const changes = Object(JSON.parse(plan)).resource_changes;
  return (Array.isArray(changes) ? changes : [])
    .map((resource) => Object(Object(resource).change))
    .some(
      ({ before, before_sensitive, after, after_sensitive }) =>
        marked(before, before_sensitive) || marked(after, after_sensitive),
    );
}

describe("a plan with another value somewhere", () => {
  it("becomes a comment, or is refused as no plan in words for people", () => {
    const file = join(folder, "plan.json");
    let comments = 0;
    fc.assert(
      fc.property(fc.constantFrom(...PLANS), mutations, (text, changes) => {
        const plan = mutated(text, changes);
        writeFileSync(file, plan);
        try {
          const markdown = commentOf(reportOfPlan(file));
          comments++;
          expect(markdown.length).toBeLessThanOrEqual(COMMENT_LIMIT);
          expect(markdown).toMatch(/^## Plan of /);
          expect(markdown).not.toMatch(/\[object |\bundefined\b|NaN/);
          if (saysWhatIsSecret(plan)) expect(markdown).not.toContain(SECRET);
        } catch (error) {
          if (!(error instanceof PlanFormatError)) throw error;
          expect(error.message).not.toMatch(/\n\s+at /);
        }
      }),
      { numRuns: 60 },
    );
    expect(comments).toBeGreaterThan(5);
  });
});
