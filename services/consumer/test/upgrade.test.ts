import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { TemplateMiner } from "../src/group/template-miner.ts";
import { Versions } from "../src/group/versions.ts";
import { takeUpVersions } from "../src/pipeline/stages/keep-versions.ts";
import { Rig } from "./support/rig.ts";
import { fixture, goOn, STATES, troublesIn } from "./support/upgrade.ts";

it.each(STATES)(
  "goes on with SQLite's %s: known errors stay known, counts go on, what waited is sent",
  async (state) => {
    const rig = await Rig.create(2);
    const old = new DatabaseSync(rig.stateFile);
    old.exec(fixture(state, "state.sql"));
    old.close();
    await goOn(rig, state, "state.sql", {});
    const store = rig.openState();
    const counts = new Map<string, number>();
    for (const { checkpoint } of await store.shards()) {
      for (const { fingerprint, count } of await store.loadContributions(checkpoint.shardId)) {
        counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + count);
      }
    }
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(troublesIn(state));
    const restarted = new TemplateMiner();
    restarted.restore(await store.loadTemplates());
    for (const fingerprint of counts.keys()) expect(restarted.get(fingerprint)).toBeDefined();
    // A change counts for an hour, and the fixture is older than that: this clock stands before it.
    const versions = new Versions(() => 0);
    await takeUpVersions(store.notes, versions);
    // The lines tell of a rollout.
    expect(versions.changeOf("checkout")).toBeDefined();
  },
);
