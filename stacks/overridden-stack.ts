import { type App, TerraformStack } from "cdktf";
import { type Json, type Overrides, overridden } from "../config/overrides.ts";
import { type Reference, type References, withValues } from "../config/references.ts";
import { SHARED_STACK, stackOf } from "./registry.ts";

/** A state whose synthesized JSON has the environment's overrides merged in, so that everything that reads it sees them. */
export class OverriddenStack extends TerraformStack {
  private readonly overrides: Overrides;
  private readonly references: References;

  /** @param references values of what the overrides refer to in another state. */
  constructor(app: App, name: string, overrides: Overrides, references: References) {
    super(app, name);
    this.overrides = overrides;
    this.references = references;
  }

  override toTerraform(): unknown {
    const own = this.asWritten();
    const patch = this.withoutMoved(own, this.overrides[this.node.id] ?? {});
    const whole = overridden(overridden(own, this.fromOneState(own)), patch) as JsonObject;
    if (this.node.id !== SHARED_STACK && !isPart(this)) return whole;
    return this.settled({ ...whole, ...bothLists(own, patch) });
  }

  private asWritten(): JsonObject {
    return super.toTerraform() as JsonObject;
  }

  /** What the one state's overrides say of resources that stand here. */
  private fromOneState(own: JsonObject): Overrides[string] {
    if (!isPart(this)) return {};
    return only(this.overrides[SHARED_STACK] ?? {}, (type, name) => hasResource(own, type, name));
  }

  /** In the one state: without what its overrides say of resources that stand elsewhere by now. */
  private withoutMoved(own: JsonObject, patch: Overrides[string]): Overrides[string] {
    if (this.node.id !== SHARED_STACK || patch.resource === undefined) return patch;
    const stays = (type: string, name: string) =>
      hasResource(own, type, name) || !this.others().some((other) => hasResource(other, type, name));
    const { resource: _, ...rest } = patch;
    return { ...rest, ...only(patch, stays) };
  }

  /** The other states of 01-07, as they are without overrides. */
  private others(): JsonObject[] {
    return this.node.root.node.children
      .filter((stack) => stack instanceof OverriddenStack && stack !== this)
      .filter((stack) => isPart(stack as OverriddenStack))
      .map((stack) => (stack as OverriddenStack).asWritten());
  }

  /** With values for references to what is in another state, and no dependency on that. */
  private settled(whole: JsonObject): Json {
    const isHere = ({ kind, type, name }: Pick<Reference, "kind" | "type" | "name">) => {
      if (kind === "local") return true;
      if (kind === "var") return objectOf(whole.variable)[name] !== undefined;
      return objectOf(objectOf(whole[kind])[type])[name] !== undefined;
    };
    // Each of them is synthesized for this: only where an address is not here.
    let known: JsonObject[] | undefined;
    const elsewhere = () => {
      known ??= [...this.others(), this.overrides[SHARED_STACK] ?? {}];
      return known;
    };
    const isMoved = (address: Json) => {
      const [type = "", name = ""] = String(address).split(/[.[]/);
      return (
        !isHere({ kind: "resource", type, name }) &&
        elsewhere().some((other) => hasResource(other, type, name))
      );
    };
    const settled = withValues(whole, (one) => (isHere(one) ? undefined : this.references[one.text]));
    return withoutDependencies(settled, isMoved);
  }
}

const isPart = ({ node }: TerraformStack) => stackOf(node.id)?.sharedState === true;

type JsonObject = { [key: string]: Json };
const objectOf = (value: Json | undefined) => (value ?? {}) as JsonObject;

const hasResource = (stack: JsonObject, type: string, name: string) =>
  objectOf(objectOf(stack.resource)[type])[name] !== undefined;

/** Blocks that stand in a list: what the stack says and what its overrides say. */
function bothLists(own: JsonObject, patch: JsonObject): JsonObject {
  const lists = ["removed", "import"].flatMap((block) => {
    const [first, second] = [own[block], patch[block]];
    return Array.isArray(first) && Array.isArray(second) ? [[block, [...first, ...second]]] : [];
  });
  return Object.fromEntries(lists);
}

function withoutDependencies(value: Json, isMoved: (address: Json) => boolean): Json {
  if (Array.isArray(value)) return value.map((one) => withoutDependencies(one, isMoved));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) => {
      if (key !== "depends_on" && key !== "replace_triggered_by") {
        return [[key, withoutDependencies(child, isMoved)]];
      }
      const kept = [child].flat().filter((address) => !isMoved(address));
      return kept.length > 0 ? [[key, kept]] : [];
    }),
  );
}

/** The part of a patch that is of some resources; a type without one would be no Terraform. */
function only(patch: JsonObject, isOf: (type: string, name: string) => boolean): JsonObject {
  const types = Object.entries(objectOf(patch.resource)).flatMap(([type, byName]) => {
    const own = Object.entries(objectOf(byName)).filter(([name]) => isOf(type, name));
    return own.length > 0 ? [[type, Object.fromEntries(own)]] : [];
  });
  return types.length > 0 ? { resource: Object.fromEntries(types) } : {};
}
