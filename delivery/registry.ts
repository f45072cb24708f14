import type { Command } from "commander";

/** How `cali --help` groups commands. */
type Group = "Look (nothing is changed):" | "Change:" | "Set up:" | "In workflows:";

/** One command: what `cali --help` lists is what runs. */
export interface Entry {
  readonly name: string;
  /** One line for the list; the command's own help says more. */
  readonly summary: string;
  readonly group: Group;
  /** Loads it: one takes as long as everything else that starts. */
  readonly load: () => Promise<Command>;
}

const LOOK = "Look (nothing is changed):";
const CHANGE = "Change:";
const SET_UP = "Set up:";
const IN_WORKFLOWS = "In workflows:";

/** Every command, in the order of the list. Each lives in `commands/<name>/`. */
export const COMMANDS: readonly Entry[] = [
  {
    name: "doctor",
    summary: "what a plan or a deployment needs, what is wrong with it, and the remedy",
    group: LOOK,
    load: async () => (await import("./commands/doctor/command.ts")).doctorCommand,
  },
  {
    name: "plan",
    summary: "plan stacks with Terraform, side by side",
    group: LOOK,
    load: async () => (await import("./commands/plan/command.ts")).planCommand,
  },
  {
    name: "drift",
    summary: "what of an environment is not as the code says",
    group: LOOK,
    load: async () => (await import("./commands/drift/command.ts")).driftCommand,
  },
  {
    name: "cost",
    summary: "what a month costs, line by line",
    group: LOOK,
    load: async () => (await import("./commands/cost/command.ts")).costCommand,
  },
  {
    name: "synth-difference",
    summary: "how what two checkouts synthesize differs",
    group: LOOK,
    load: async () => (await import("./commands/synth-difference/command.ts")).synthDifferenceCommand,
  },
  {
    name: "deploy",
    summary: "apply the plans that were reviewed, or new ones",
    group: CHANGE,
    load: async () => (await import("./commands/deploy/command.ts")).deployCommand,
  },
  {
    name: "recover",
    summary: "import what exists and is in no state, after a deployment was cut off",
    group: CHANGE,
    load: async () => (await import("./commands/recover/command.ts")).recoverCommand,
  },
  {
    name: "unlock",
    summary: "give back the locks that a dead Terraform has left",
    group: CHANGE,
    load: async () => (await import("./commands/unlock/command.ts")).unlockCommand,
  },
  {
    name: "release",
    summary: "roll a service's image out, and put the earlier one back when it fails",
    group: CHANGE,
    load: async () => (await import("./commands/release/command.ts")).releaseCommand,
  },
  {
    name: "opensearch",
    summary: "put templates, retention and roles into the search domain",
    group: CHANGE,
    load: async () => (await import("./commands/opensearch/command.ts")).openSearchCommand,
  },
  {
    name: "grafana",
    summary: "put data sources and dashboards into the managed workspace",
    group: CHANGE,
    load: async () => (await import("./commands/grafana/command.ts")).grafanaCommand,
  },
  {
    name: "bootstrap",
    summary: "make the bucket of the states and the lock table",
    group: SET_UP,
    load: async () => (await import("./commands/bootstrap/command.ts")).bootstrapCommand,
  },
  {
    name: "pipeline-access",
    summary: "make the roles that the pipeline assumes",
    group: SET_UP,
    load: async () => (await import("./commands/pipeline-access/command.ts")).pipelineAccessCommand,
  },
  {
    name: "adopt",
    summary: "write the next step of a move to a state for each stack, or back",
    group: SET_UP,
    load: async () => (await import("./commands/adopt/command.ts")).adoptCommand,
  },
  {
    name: "switch",
    summary: "write the configuration of a platform that Terraform runs already",
    group: SET_UP,
    load: async () => (await import("./commands/switch/command.ts")).switchCommand,
  },
  {
    name: "affected",
    summary: "say which jobs of a pull request have something to do",
    group: IN_WORKFLOWS,
    load: async () => (await import("./commands/affected/command.ts")).affectedCommand,
  },
  {
    name: "comment",
    summary: "write what the plans do to the pull request",
    group: IN_WORKFLOWS,
    load: async () => (await import("./commands/comment/command.ts")).commentCommand,
  },
  {
    name: "result",
    summary: "write what became of a deployment to its pull requests",
    group: IN_WORKFLOWS,
    load: async () => (await import("./commands/result/command.ts")).resultCommand,
  },
  {
    name: "notify",
    summary: "notify Slack what a run did",
    group: IN_WORKFLOWS,
    load: async () => (await import("./commands/notify/command.ts")).notifyCommand,
  },
  {
    name: "fetch-plans",
    summary: "get the sealed plans that were reviewed",
    group: IN_WORKFLOWS,
    load: async () => (await import("./commands/fetch-plans/command.ts")).fetchPlansCommand,
  },
  {
    name: "wait-for",
    summary: "wait for another workflow's runs of the same commit",
    group: IN_WORKFLOWS,
    load: async () => (await import("./commands/wait-for/command.ts")).waitForCommand,
  },
  {
    name: "take-turn",
    summary: "wait for other deployments, and say whether a later run covers this one",
    group: IN_WORKFLOWS,
    load: async () => (await import("./commands/take-turn/command.ts")).takeTurnCommand,
  },
  {
    name: "image",
    summary: "say where a service's images are pushed to",
    group: IN_WORKFLOWS,
    load: async () => (await import("./commands/image/command.ts")).imageCommand,
  },
];
