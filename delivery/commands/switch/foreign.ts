import type { Json } from "../../../config/overrides.ts";
import type { JsonObject, StackJson } from "../../core/parity/stack-json.ts";
import type { StateResource } from "../../core/terraform/state-file.ts";
import { put } from "./parity.ts";

/**
 * Resources that this code never made, without their text: they are forgotten by the state and stay alive (`removed`,
 * `destroy = false`). Terraform asks for the providers of what it forgets, so those come along.
 */
export interface Forgotten {
  readonly patch: JsonObject;
  /** Why one cannot be forgotten, by address. */
  readonly left: readonly string[];
}

/** @param resources those of the state that the root has not, modules' included */
export function forgotten(resources: readonly StateResource[], root: StackJson): Forgotten {
  const patch: JsonObject = {};
  const left: string[] = [];
  const removed = new Set<string>();
  for (const resource of resources) {
    const { module, type, name } = resource;
    const provider = providerOf(resource.provider);
    const address = module === undefined ? `${type}.${name}` : outermost(module);
    if (provider.module !== undefined) {
      left.push(
        `${address}: its provider is configured in ${provider.module}; --hcl <folder> takes it along`,
      );
      continue;
    }
    removed.add(address);
    const { local, source, alias } = provider;
    if (!root.terraform.required_providers[local] && !source.startsWith("terraform.io/builtin/")) {
      put(patch, ["terraform", "required_providers", local], { source });
    }
    if (alias !== undefined) addAlias(patch, local, alias, resource);
  }
  if (removed.size > 0) {
    patch.removed = [...removed].map((from) => ({ from, lifecycle: { destroy: false } }));
  }
  return { patch, left };
}

/** `module.a["x"].module.b` → `module.a`: what stands in the root. */
const outermost = (module: string) => /^module\.[\w-]+/.exec(module)?.[0] ?? module;

/** A state names a provider `provider["registry.terraform.io/hashicorp/aws"].virginia`, in a module with its address before it. */
function providerOf(text: string) {
  const [, module, source = "", alias] = /^(?:(.*)\.)?provider\["([^"]+)"\](?:\.([\w-]+))?/.exec(text) ?? [];
  return { module, source, local: source.split("/").at(-1) ?? "", alias };
}

/** An alias is in another region mostly, which the object says. Nothing is asked of AWS, but the provider wants one. */
function addAlias(patch: JsonObject, local: string, alias: string, { instances }: StateResource): void {
  const providers = (patch.provider ?? {}) as Record<string, JsonObject[]>;
  const blocks = providers[local] ?? [];
  if (blocks.some((block) => block.alias === alias)) return;
  const region = instances
    .map(({ attributes }) => String(attributes.arn ?? "").split(":")[3] || attributes.region)
    .find((found) => typeof found === "string" && found !== "");
  const block = { alias, ...(local === "aws" && { region: region ?? "${var.aws_region}" }) };
  put(patch, ["provider", local], [...blocks, block] as Json);
}
