import { describe, expect, it } from "vitest";
import type { NewTemplate, TemplateState } from "../src/core/types.ts";
import { TemplateMiner } from "../src/group/template-miner.ts";
import { UncommittedTemplates } from "../src/pipeline/templates.ts";
import { logRecord } from "./support/records.ts";

describe("templates on their way into the state", () => {
  const mined = (all: UncommittedTemplates, message: string) =>
    all.mine(logRecord({ service: "auth", level: "ERROR", message }), 1);
  const fingerprintsOf = (states: readonly (TemplateState | NewTemplate)[]) =>
    states.map(({ fingerprint }) => fingerprint);

  it("are new until a commit holds them, whoever brought them", () => {
    const all = new UncommittedTemplates(new TemplateMiner());
    const { fingerprint, template, isNew } = mined(all, "disk is full");
    expect([template, isNew]).toEqual(["disk is full", true]);
    expect(mined(all, "disk is full").isNew).toBe(true);
    const found = all.newOf([fingerprint, "unknown"]);
    expect(found).toEqual([{ fingerprint, template, record: expect.objectContaining({ service: "auth" }) }]);
    // Not before its first counts.
    expect(all.pending([])).toEqual([]);
    const pending = all.pending(found);
    expect(fingerprintsOf(pending)).toEqual([fingerprint]);
    all.confirm(pending, found);
    expect(mined(all, "disk is full").isNew).toBe(false);
    expect(all.newOf([fingerprint])).toEqual([]);
  });

  it("that change while a commit is on its way stay pending in their newer form", () => {
    const all = new UncommittedTemplates(new TemplateMiner());
    const { fingerprint } = mined(all, "disk is full");
    const found = all.newOf([fingerprint]);
    const pending = all.pending(found);
    mined(all, "disk is full");
    const newer = all.pending(found);
    all.confirm(pending, found);
    expect(all.pending([])).toEqual(newer);
    expect(newer[0]?.count).toBe(2);
    all.confirm(newer, []);
    expect(all.pending([])).toEqual([]);
  });

  it("are new no longer when there was no room for them", () => {
    const miner = new TemplateMiner({ maxTemplates: 1 });
    const all = new UncommittedTemplates(miner);
    const { fingerprint: gone } = mined(all, "disk is full");
    const { fingerprint: kept } = mined(all, "no route to the host");
    expect(fingerprintsOf(all.newOf([gone, kept]))).toEqual([kept]);
    expect(mined(all, "disk is full")).toMatchObject({ fingerprint: gone, isNew: true });
  });

  it("wait for their own first counts, not for those of others", () => {
    const all = new UncommittedTemplates(new TemplateMiner());
    const [one, other] = ["disk is full", "no route to the host"].map((text) => mined(all, text));
    const found = all.newOf([one?.fingerprint ?? ""]);
    const pending = all.pending(found);
    expect(fingerprintsOf(pending)).toEqual([one?.fingerprint]);
    all.confirm(pending, found);
    expect(all.pending([])).toEqual([]);
    expect(fingerprintsOf(all.pending(all.newOf([other?.fingerprint ?? ""])))).toEqual([other?.fingerprint]);
  });

  it("are apart by what makes them different errors: the code", () => {
    const all = new UncommittedTemplates(new TemplateMiner());
    const [one, other] = ["E1", "E2"].map((error_code) =>
      all.mine(logRecord({ service: "auth", level: "ERROR", message: "it failed", error_code }), 1),
    );
    expect(one?.fingerprint).not.toBe(other?.fingerprint);
  });
});
