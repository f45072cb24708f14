import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type App, DefaultTokenResolver, StringConcat, TerraformStack, Tokenization } from "cdktf";
import type { Config } from "../config/schema.ts";
import type { Fit } from "../constructs/fit.ts";
import { TAKES, type Taken } from "../constructs/handle.ts";
import type { ClusterFit } from "./fit-table.ts";
import { stackOf, tierOf } from "./registry.ts";
import { type SynthesizedStack, synthesizedStacks } from "./summary.ts";

/** A value that a stack takes of another. */
interface Flow {
  readonly from: string;
  readonly to: string;
  /** Address and attribute in the state of the stack that makes it, such as `aws_kinesis_stream.logs.name`. */
  readonly value: string;
}

/** What flows between the stacks of an app: each value once, in order. */
export function flowsOf(app: App): Flow[] {
  const flows = app.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === TAKES)
      .map(({ data }) => {
        const { from, reference } = data as Taken;
        const inItsState = {
          scope: from,
          resolver: new DefaultTokenResolver(new StringConcat()),
          preparing: false,
        };
        const value = String(Tokenization.resolve(reference, inItsState)).replace(/^\$\{(.*)\}$/, "$1");
        return { from: from.node.id, to: TerraformStack.of(construct).node.id, value };
      }),
  );
  const byText = new Map(flows.map((flow) => [`${flow.to} ${flow.from} ${flow.value}`, flow] as const));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, flow]) => flow);
}

/** The stacks in the order of their deployment: those with the same `step` wait for none of each other. */
function inSteps(stacks: readonly SynthesizedStack[]): (SynthesizedStack & { readonly step: number })[] {
  const byName = new Map(stacks.map((stack) => [stack.name, stack]));
  const stepOf = (name: string): number =>
    1 + Math.max(0, ...(byName.get(name)?.dependencies ?? []).map(stepOf));
  return stacks
    .map((stack) => ({ ...stack, step: stepOf(stack.name) }))
    .sort((a, b) => a.step - b.step || (a.name < b.name ? -1 : 1));
}

/** Each node's pods by name, and what they ask of it. */
function nodesOf({ placed }: Fit) {
  return placed.map((pods) => ({
    pods: pods.map(({ name, request }) => ({ name, ...request })),
    cpuMillis: pods.reduce((sum, { request }) => sum + request.cpuMillis, 0),
    memoryMiB: pods.reduce((sum, { request }) => sum + request.memoryMiB, 0),
  }));
}

/**
 * What an environment is made of, for a reader that loads no stack: its stacks with their resources, what flows between them, and how
 * the pods stand on the nodes.
 *
 * @param stacks as the synth wrote them.
 * @param fit undefined where the size of a node is not known.
 */
export function infrastructureOf(
  { project, environment, region }: Pick<Config, "project" | "environment" | "region">,
  {
    stacks,
    flows,
    fit,
  }: { stacks: readonly SynthesizedStack[]; flows: readonly Flow[]; fit: ClusterFit | undefined },
) {
  return {
    project,
    environment,
    region,
    stacks: inSteps(stacks).map(({ name, step, resources, dependencies }) => ({
      name,
      step,
      makes: (stackOf(name)?.makes ?? "").replaceAll("`", ""),
      tier: tierOf(name) ?? "aws",
      waitsFor: dependencies,
      resources,
    })),
    flows,
    fit: fit && {
      instanceTypes: fit.instanceTypes,
      node: fit.node,
      cases: [fit.fewest, fit.most].map((one) => ({
        nodes: nodesOf(one),
        unplaced: [...new Set(one.unplaced.map(({ name }) => name))],
      })),
    },
  };
}

/** Writes `infrastructure.json` beside the manifest, for the console; not beside HCL, which it cannot be read from. */
export function writeInfrastructure(app: App, config: Config, fit: ClusterFit | undefined): void {
  if (app.hclOutput) return;
  const stacks = synthesizedStacks(app.outdir);
  const infrastructure = infrastructureOf(config, { stacks, flows: flowsOf(app), fit });
  writeFileSync(join(app.outdir, "infrastructure.json"), `${JSON.stringify(infrastructure, null, 2)}\n`);
}
