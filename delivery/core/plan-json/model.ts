import type { Node } from "./node.ts";
import type { Difference } from "./path.ts";

/** What happens to an object. `no-op` can still be an import or a move. */
export type Action = "create" | "update" | "replace" | "delete" | "forget" | "read" | "no-op";

/** What happens first when an object is replaced; `forget`: the old object stays alive and leaves the state. */
export type ReplaceOrder = "delete-first" | "create-first" | "forget";

/** A difference of a resource. */
export interface AttributeDifference extends Difference {
  /** The provider can't change this in place: the object is replaced because of it. */
  readonly forcesReplacement: boolean;
}

/** One object of a plan. */
export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  /** The name in the code, without type and index. */
  readonly name: string;
  readonly mode: "managed" | "data";
  readonly action: Action;
  readonly replaceOrder?: ReplaceOrder;
  /** The object's old address, where it moves. */
  readonly movedFrom?: string;
  /** Tells the address from others that are shown alike, where a secret in it is not shown. */
  readonly fingerprint?: string;
  /** The object comes into the state; its id where the provider has one. */
  readonly importing?: { readonly id: string | undefined };
  /** The object is a leftover of an earlier replacement, by Terraform's key for it. */
  readonly deposed?: string;
  /** Terraform's word for why, such as `replace_because_tainted`. */
  readonly reason?: string;
  readonly before: Node;
  readonly after: Node;
  /** Empty for a no-op. */
  readonly differences: readonly AttributeDifference[];
  /** Attributes that the configuration doesn't set and the provider fills in when it applies. */
  readonly computed: readonly string[];
}

/** An output that changes. */
export interface OutputChange {
  readonly name: string;
  readonly action: "create" | "update" | "delete";
  readonly before: Node;
  readonly after: Node;
}

/**
 * What applying the plan does about a change outside. `set-back`: to what it was; `changed-again`: to something else; `made-anew`: what is
 * gone; `forgotten`: the state forgets what is gone; `accepted`: a refresh-only plan writes it into the state.
 */
export type DriftFate = "set-back" | "changed-again" | "made-anew" | "forgotten" | "accepted";

/** An object that was changed outside, in a way that the plan does something about, or that is gone. */
export interface Drift {
  readonly address: string;
  readonly type: string;
  readonly isDeleted: boolean;
  readonly fate: DriftFate;
  /** From what Terraform left to what is there now. */
  readonly differences: readonly Difference[];
}

/** An action that applying runs, such as a function that is invoked. */
export interface ActionInvocation {
  readonly address: string;
  readonly type: string;
  /** The object whose change starts it, and when; undefined: it was asked for by name. */
  readonly trigger?: { readonly resource: string; readonly event: string };
  /** Terraform's word for why it waits for a later plan. */
  readonly deferred?: string;
  readonly settings: readonly Difference[];
}

/** A check block, or a condition of an object, an output or a variable, that fails. */
export interface FailingCheck {
  readonly address: string;
  readonly kind: string;
  readonly status: "fails" | "could not be evaluated";
  /** What it says. */
  readonly problems: readonly string[];
}

/** A change that Terraform puts off to a plan after this one is applied. */
export interface DeferredChange {
  readonly address: string;
  readonly actions: readonly string[];
  /** Terraform's word for why, such as `provider_config_unknown`. */
  readonly reason: string;
}

/** A Terraform plan, with every secret taken out. */
export interface Plan {
  /** Every object, those that stay as they are too. */
  readonly resources: readonly ResourceChange[];
  readonly outputs: readonly OutputChange[];
  readonly drift: readonly Drift[];
  readonly actions: readonly ActionInvocation[];
  readonly failingChecks: readonly FailingCheck[];
  readonly deferred: readonly DeferredChange[];
  readonly warnings: readonly string[];
  /** false: Terraform put some changes off to a plan after this one is applied. */
  readonly complete: boolean;
  /** Terraform failed while it planned; what is here is only a part. */
  readonly errored: boolean;
  /** Applying changes no object: it only writes into the state what was changed outside. */
  readonly isRefreshOnly: boolean;
  /** The plan doesn't say which values are secret, so each is taken for one. */
  readonly isUnmasked: boolean;
}

/** Whether applying the plan does something with the object or with what the state knows of it. */
export function isChange({ action, importing, movedFrom }: ResourceChange): boolean {
  return action !== "no-op" || importing !== undefined || movedFrom !== undefined;
}

/** Whether applying the plan does anything at all: a change of outputs alone, or an action alone, counts, too. */
export function hasChanges({
  resources,
  outputs,
  actions,
}: Pick<Plan, "resources" | "outputs" | "actions">): boolean {
  return (
    outputs.length > 0 ||
    actions.length > 0 ||
    resources.some((resource) => isChange(resource) && resource.action !== "read")
  );
}

/** How many objects each thing happens to. An object that is imported and updated counts in both. */
export interface Counts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly import: number;
  readonly move: number;
  readonly forget: number;
  readonly drift: number;
}

export function countsOf({ resources, drift }: Plan): Counts {
  const count = (matches: (resource: ResourceChange) => boolean) => resources.filter(matches).length;
  return {
    create: count(({ action }) => action === "create"),
    update: count(({ action }) => action === "update"),
    replace: count(({ action }) => action === "replace"),
    delete: count(({ action }) => action === "delete"),
    import: count(({ importing }) => importing !== undefined),
    move: count(({ movedFrom }) => movedFrom !== undefined),
    forget: count(({ action }) => action === "forget"),
    drift: drift.length,
  };
}
