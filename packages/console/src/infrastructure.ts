/** An environment as its code makes it: the answer to the ask `infrastructure`. */
export interface Infrastructure {
  readonly project: string;
  readonly environment: string;
  readonly region: string;
  /** In the order of their deployment. */
  readonly stacks: readonly StackShown[];
  readonly flows: readonly FlowShown[];
  readonly cost: CostShown;
  /** Undefined: the size of a node is not known. */
  readonly fit?: FitShown | undefined;
}

export interface StackShown {
  readonly name: string;
  /** From 1; stacks of one step wait for none of each other. */
  readonly step: number;
  /** What it is for. */
  readonly makes: string;
  /** Made with AWS' API, or in the cluster. */
  readonly tier: "aws" | "cluster";
  /** Stacks that are deployed before it. */
  readonly waitsFor: readonly string[];
  readonly resources: readonly ResourceShown[];
}

export interface ResourceShown {
  readonly type: string;
  /** In Terraform's state. */
  readonly address: string;
  /** What AWS or Kubernetes calls it. Undefined: only Terraform will know. */
  readonly name?: string | undefined;
}

/** A value that a stack takes of another. */
export interface FlowShown {
  readonly from: string;
  readonly to: string;
  /** Address and attribute in the state of the stack that makes it. */
  readonly value: string;
}

/** What a month costs, USD. */
export interface Usd {
  readonly usd: number;
  /** Things whose cost is not known; they are in no sum. */
  readonly unknown: number;
}

export interface CostShown {
  readonly total: Usd;
  readonly budgetUsd: number;
  readonly byStack: Readonly<Record<string, Usd>>;
  /** Undefined `budgetUsd`: the part has no budget of its own. */
  readonly parts: readonly (Usd & { readonly part: Part; readonly budgetUsd?: number | undefined })[];
}

/** What a budget is divided into. */
export const PARTS = ["eks", "ec2", "opensearch", "rest"] as const;
export type Part = (typeof PARTS)[number];

/** What pods ask for, or a node has. */
export interface Room {
  readonly cpuMillis: number;
  readonly memoryMiB: number;
}

interface NodeShown extends Room {
  readonly pods: readonly (Room & { readonly name: string })[];
}

export interface FitShown {
  readonly instanceTypes: readonly string[];
  /** What one node has for pods. */
  readonly node: Room & { readonly pods: number };
  /** The fewest pods on the fewest nodes, then the most on the most. */
  readonly cases: readonly {
    readonly nodes: readonly NodeShown[];
    /** Pods for which there is no room. */
    readonly unplaced: readonly string[];
  }[];
}
