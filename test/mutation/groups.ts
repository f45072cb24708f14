/** Modules whose tests are tested together. */
export interface Group {
  readonly name: string;
  /** Files that are mutated, as globs from the checkout's root. */
  readonly modules: readonly string[];
  /** Tests that have to notice, as globs from the checkout's root: fast ones only. */
  readonly tests: readonly string[];
}

/** The core, where a mistake loses data or an alert. */
export const GROUPS: readonly Group[] = [
  {
    name: "data-loss",
    modules: ["delivery/core/plan-json/data-loss.ts"],
    tests: ["test/delivery/data-loss.test.ts"],
  },
  {
    name: "in-place-loss",
    modules: ["delivery/core/plan-json/{in-place-loss,in-place-rules}.ts"],
    tests: ["test/delivery/in-place-loss.test.ts"],
  },
  {
    name: "deployment",
    modules: ["delivery/core/deployment/*.ts"],
    tests: ["test/delivery/{deploy,review,unreviewed}.test.ts"],
  },
  {
    name: "checkpoint",
    modules: [
      "services/consumer/src/pipeline/persist.ts",
      "services/consumer/src/pipeline/stages/{acquit,commit,reject-poison}.ts",
    ],
    tests: ["services/consumer/test/commit.test.ts"],
  },
  {
    name: "pipeline",
    modules: ["services/consumer/src/pipeline/{careful,pipeline,stage,templates}.ts"],
    tests: ["services/consumer/test/commit.test.ts"],
  },
  {
    name: "grouping",
    modules: ["services/consumer/src/group/{alert,group,schedule,silences,versions}.ts"],
    tests: [
      "services/consumer/test/{alert-grouper,group-incidents,alert-values,tally-values,inhibition-values}.test.ts",
    ],
  },
  {
    name: "group-book",
    modules: [
      "services/consumer/src/group/{alert-grouper,dependencies,group-book,incidents,inhibition,kinds}.ts",
    ],
    tests: [
      "services/consumer/test/{alert-grouper,group-incidents,alert-values,tally-values,inhibition-values}.test.ts",
    ],
  },
];
