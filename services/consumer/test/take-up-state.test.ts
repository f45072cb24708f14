import { expect, it } from "vitest";
import type { TemplateState } from "../src/core/types.ts";
import { AlertGrouper } from "../src/group/alert-grouper.ts";
import { TemplateMiner } from "../src/group/template-miner.ts";
import { takeUpCounts } from "../src/pipeline/take-up-state.ts";
import type { StateStore } from "../src/state/types.ts";
import { record, START } from "./support/grouper-harness.ts";

const MESSAGE = "disk is full";

/** What another replica has counted: its templates, and the shard's counts. */
function counted(level: "ERROR" | "WARN", lines: number) {
  const miner = new TemplateMiner();
  const grouper = new AlertGrouper({ now: () => START, warnLeastLines: 5 });
  for (let i = 1; i <= lines; i++) {
    const line = record({ service: "auth", level, message: MESSAGE, at: START });
    const position = { sequenceNumber: String(i), index: 0 };
    grouper.observe({
      shardId: "s",
      position,
      record: line,
      ...miner.add("auth", MESSAGE, START),
      at: START,
    });
  }
  const contributions = grouper.takeDirty("s");
  const templates: TemplateState[] = miner.takeDirty();
  return {
    loadContributions: async () => structuredClone(contributions),
    loadTemplates: async () => structuredClone(templates),
    loadGroups: async () => [],
  } as unknown as StateStore;
}

/** What a replica notifies that takes the shard up. */
async function notifiedAfter(store: StateStore) {
  const miner = new TemplateMiner();
  const describe = (fingerprint: string) => miner.get(fingerprint);
  const grouper = new AlertGrouper({ now: () => START, warnLeastLines: 5, describe });
  await takeUpCounts({ store, miner, grouper }, "s");
  return grouper.due(START).map(({ alert: { service, template, count } }) => ({ service, template, count }));
}

it("an alert of lines that another replica counted says its service and what is wrong", async () => {
  expect(await notifiedAfter(counted("ERROR", 2))).toEqual([
    { service: "auth", template: MESSAGE, count: 2 },
  ]);
});

it("warnings that had become many are notified after a restart, and fewer are not", async () => {
  expect(await notifiedAfter(counted("WARN", 5))).toEqual([{ service: "auth", template: MESSAGE, count: 5 }]);
  expect(await notifiedAfter(counted("WARN", 4))).toEqual([]);
});
