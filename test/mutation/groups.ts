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
    tests: ["test/delivery/{in-place,access}-loss.test.ts", "test/delivery/in-place-rules.test.ts"],
  },
  {
    name: "deployment",
    modules: ["delivery/core/deployment/*.ts"],
    tests: ["test/delivery/{deploy,deploy-data-loss,deploy-refused,deploy-result,review,unreviewed}.test.ts"],
  },
  {
    name: "checkpoint",
    modules: [
      "services/consumer/src/pipeline/persist.ts",
      "services/consumer/src/pipeline/stages/{acquit,commit,reject-poison}.ts",
    ],
    tests: ["services/consumer/test/pipeline-{commit,poison,store-failures}.test.ts"],
  },
  {
    name: "pipeline",
    modules: ["services/consumer/src/pipeline/{careful,pipeline,stage,templates}.ts"],
    tests: ["services/consumer/test/pipeline-{commit,poison,store-failures,step,templates}.test.ts"],
  },
  {
    name: "grouping",
    modules: ["services/consumer/src/group/{alert,group,schedule,silences,versions}.ts"],
    tests: [
      "services/consumer/test/alert-grouper-{schedule,inhibition,noise}.test.ts",
      "services/consumer/test/{alert,tally,inhibition}-values.test.ts",
    ],
  },
  {
    name: "group-book",
    modules: ["services/consumer/src/group/{group-book,kinds,next-due,tally}.ts"],
    tests: [
      "services/consumer/test/{alert,tally,inhibition,group-book}-values.test.ts",
      "services/consumer/test/new-kinds.test.ts",
    ],
  },
  {
    name: "inhibition",
    modules: ["services/consumer/src/group/{alert-grouper,dependencies,incidents,inhibition}.ts"],
    tests: [
      "services/consumer/test/alert-grouper-{schedule,inhibition,noise}.test.ts",
      "services/consumer/test/{alert,inhibition}-values.test.ts",
      "services/consumer/test/group-incidents.test.ts",
    ],
  },
  {
    name: "templates",
    modules: ["services/consumer/src/group/{template-index,template-miner,words}.ts"],
    tests: ["services/consumer/test/template-{index,miner,state,words}.test.ts"],
  },
  {
    name: "identity",
    modules: ["services/consumer/src/group/{identity,masking,masks,stack}.ts"],
    tests: ["services/consumer/test/{identity,masking,stack}.test.ts"],
  },
];

/** @throws RangeError with the names that are allowed */
export function groupNamed(name: string | undefined): Group {
  const group = GROUPS.find((one) => one.name === name);
  if (group) return group;
  throw new RangeError(`given ${name}; allowed: ${GROUPS.map((one) => one.name).join(", ")}`);
}
