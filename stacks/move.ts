import type { App, TerraformStack } from "cdktf";
import { type Adoption, resourceOf } from "../config/adoption.ts";
import type { Overrides } from "../config/overrides.ts";
import type { References } from "../config/references.ts";
import type { Config } from "../config/schema.ts";
import { OldRoot } from "./old-root.ts";
import { Placement } from "./placement.ts";
import { STACKS } from "./registry.ts";

/** The numbered stacks that layout `shared` keeps in its one state. */
const PARTS = STACKS.filter((stack) => "sharedState" in stack).map(({ id }) => id);

export interface MoveProps {
  readonly app: App;
  readonly config: Config;
  readonly overrides: Overrides | undefined;
  readonly references: References | undefined;
  /** How far the move is; undefined: it is over, and the old root keeps its outputs. */
  readonly adoption: Adoption | undefined;
  /** Where 01-07 stand in the layout that takes them. */
  readonly placement: Placement;
  /** Names of the roles whose ARNs are outputs. */
  readonly outputRoles: Iterable<string>;
  /** Makes 01-07 once more, in the layout that gives them. */
  readonly addParts: (placement: Placement, config: Config) => unknown;
}

/** Adds the other side of a move between the layouts, with what imports and forgets. */
export function addMove(props: MoveProps): void {
  const { app, config, overrides, references, adoption, placement, addParts } = props;
  if (!adoption || (adoption.to === "stacks" && adoption.step === "forget")) {
    addOldRoot(props);
    return;
  }
  const takes = (part: (typeof PARTS)[number]) => placement.of(part).stack;
  if (adoption.step === "import") {
    for (const stack of new Set(PARTS.map(takes))) imports(stack, adoption);
    // What gives the objects has not imported them; what it has been since is not its concern.
    const other: Config =
      adoption.to === "stacks"
        ? { ...config, stateLayout: "shared", prefix: null, imported: false }
        : { ...config, stateLayout: "stacks", prefix: config.project };
    addParts(new Placement(app, other, overrides, references), other);
    return;
  }
  for (const part of PARTS) {
    const stack = placement.emptied(part);
    forgets(
      stack,
      adoption.objects.filter((one) => one.stack === part),
    );
    stack.addDependency(takes(part));
  }
}

function addOldRoot({ config, adoption, placement, outputRoles }: MoveProps): void {
  const { stack, names } = placement.oldRoot();
  new OldRoot(stack, "OldRoot", { config, names, outputRoles });
  if (adoption) forgets(stack, adoption.objects);
  for (const part of PARTS) stack.addDependency(placement.of(part).stack);
}

function imports(stack: TerraformStack, { to, objects }: Adoption): void {
  const own = objects.filter((one) => to === "shared" || one.stack === stack.node.id);
  if (own.length === 0) return;
  stack.addOverride(
    "import",
    // An id is a template in Terraform's JSON.
    own.map(({ address, id }) => ({ to: address, id: id.replaceAll(/[$%](?=\{)/g, "$&$&") })),
  );
}

function forgets(stack: TerraformStack, objects: Adoption["objects"]): void {
  const resources = [...new Set(objects.map(({ address }) => resourceOf(address)))];
  if (resources.length === 0) return;
  stack.addOverride(
    "removed",
    resources.map((from) => ({ from, lifecycle: { destroy: false } })),
  );
}
