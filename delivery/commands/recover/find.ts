import type { SynthesizedStack } from "../../core/application/application.ts";
import type { Plan, ResourceChange } from "../../core/plan-json/model.ts";
import { isMap } from "../../core/plan-json/node.ts";
import { parsePlan } from "../../core/plan-json/read.ts";
import { type Home, hasKnownId, importId } from "../../core/terraform/import-id.ts";
import type { Import } from "../../core/terraform/imports.ts";
import type { Terraform } from "../../core/terraform/terraform.ts";
import type { Lookup } from "./lookup.ts";

/** An object that may exist, and that nobody can be asked for. */
interface Unclear {
  readonly address: string;
  /** What is not known of it. */
  readonly reason: string;
}

/** What a stack's code says and its state doesn't have, by whether it exists. */
export interface Found {
  readonly plan: Plan;
  readonly imports: readonly Import[];
  readonly unclear: readonly Unclear[];
}

export interface FindOptions {
  readonly terraform: Terraform;
  readonly home: Home;
  readonly lookup: Lookup;
  /** The plan's file. */
  readonly planFile: string;
  /** What is merged into the code's resources meanwhile, in Terraform's JSON syntax; undefined: nothing. */
  readonly override: object | undefined;
}

/**
 * Which of the objects that a stack's plan would make exist already. Terraform itself is asked, by planning their imports: it says of
 * each what doesn't exist. An import can make the id of the next one known, so it is asked until there is nothing new.
 *
 * @returns with the plan that imports what was found; its file is the last one that was written.
 * @throws TerraformError, AwsRequestError
 */
export async function findExisting(stack: SynthesizedStack, options: FindOptions): Promise<Found> {
  const { terraform, planFile, override } = options;
  const read = async () => parsePlan(await terraform.show(planFile), `${stack.name}.json`);
  await terraform.planImports(planFile, [], override);
  let plan = await read();
  let imports: readonly Import[] = [];
  const settled = new Set<string>();
  const unclear = new Map<string, Unclear>();
  for (;;) {
    const candidates = await candidatesOf(plan, settled, unclear, options);
    if (candidates.length === 0) return { plan, imports, unclear: [...unclear.values()] };
    for (const { to } of candidates) settled.add(to);
    imports = await existing([...imports, ...candidates], options);
    // Without an import the first plan is what there is.
    if (imports.length > 0) plan = await read();
  }
}

/** Those of the imports whose objects exist; where there are any, the plan's file is of exactly these. */
async function existing(
  asked: readonly Import[],
  { terraform, planFile, override }: FindOptions,
): Promise<readonly Import[]> {
  let left = asked;
  while (left.length > 0) {
    const answer = await terraform.planImports(planFile, left, override);
    if (answer.absent.size === 0) return left;
    // What comes after an absent object in the order of making was never made: Terraform doesn't ask for it.
    left = left.filter(({ to }) => answer.asked.has(to) && !answer.absent.has(to));
  }
  return left;
}

/** What the plan would make and nobody has asked for yet, with the ids that are known by now. */
async function candidatesOf(
  { resources }: Plan,
  settled: ReadonlySet<string>,
  unclear: Map<string, Unclear>,
  { home, lookup }: FindOptions,
): Promise<Import[]> {
  const candidates: Import[] = [];
  for (const resource of resources) {
    const { address, action, mode, type } = resource;
    if (mode !== "managed" || action !== "create" || settled.has(address)) continue;
    unclear.delete(address);
    if (!hasKnownId(type) && !lookup.knows(type)) {
      if (!MADE_AGAIN.test(type)) unclear.set(address, { address, reason: UNKNOWN_TYPE });
      continue;
    }
    const ids = await idsOf(resource, home, lookup);
    if (ids.length > 1) {
      unclear.set(address, { address, reason: `${ids.length} objects could be it: ${ids.join(", ")}` });
    }
    if (ids.length === 1) candidates.push({ to: address, id: ids[0] as string });
  }
  return candidates;
}

const UNKNOWN_TYPE = "nothing is known of what identifies such objects";
/** What is made again without harm: it is nothing but a setting of another object, or a value that only a state holds. */
const MADE_AGAIN = /_exclusive$|^(random|time|tls|local|terraform)_/;

async function idsOf({ type, after }: ResourceChange, home: Home, lookup: Lookup): Promise<string[]> {
  if (!isMap(after)) return [];
  if (lookup.knows(type)) return lookup.idsOf(type, after);
  const id = importId({ type, attributes: Object.fromEntries(after) }, home);
  return id === "" ? [] : [id];
}
