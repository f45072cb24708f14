import { resourceOf } from "../../../config/adoption.ts";
import { hclName } from "../../../config/names.ts";
import { partOf, type SharedPart } from "../../core/shared-state/own.ts";
import { withoutTemplates } from "../../core/terraform/hcl.ts";
import { addressOf, type StateFile, type StateResource } from "../../core/terraform/state-file.ts";

type Instance = StateResource["instances"][number];

/** One object of the shared state and the stack that takes it. */
interface Adopted {
  readonly stack: SharedPart;
  /** `aws_eks_access_entry.team_members["arn:…"]`: one address for each instance, as HCL has it. */
  readonly address: string;
  /** The address in the state, where a `count` gave it another: `aws_iam_role.app_role[0]`. */
  readonly from?: string;
  readonly type: string;
  readonly attributes: Instance["attributes"];
  /** Why it cannot be moved as it is; undefined: it can. */
  readonly problem?: string;
}

/** How a shared state is divided. Each object is in one of both lists, and in one only. */
export interface Partition {
  readonly adopted: readonly Adopted[];
  /** Addresses that this code doesn't know: they stay in the old root. */
  readonly staying: readonly string[];
}

/** Divides a state. Data sources are no objects: each plan reads them anew. */
export function partition(state: StateFile): Partition {
  const adopted: Adopted[] = [];
  const staying: string[] = [];
  for (const resource of state.resources) {
    if (resource.mode === "data") continue;
    const stack = stackOf(resource);
    for (const instance of resource.instances) {
      const address = `${addressOf(resource)}${keyOf(instance.index_key)}`;
      if (stack && instance.deposed === undefined) adopted.push(adoptedOf(stack, resource, instance));
      else staying.push(instance.deposed ? `${address} (deposed ${instance.deposed})` : address);
    }
  }
  return { adopted, staying };
}

/** Resources of this code that have a `for_each`: its keys are their members. */
const WITH_KEYS = new Set(["aws_eks_access_entry", "aws_eks_access_policy_association"]);

function adoptedOf(stack: SharedPart, resource: StateResource, instance: Instance): Adopted {
  const { type } = resource;
  const { attributes, index_key: key } = instance;
  const own = WITH_KEYS.has(type)
    ? String(key === undefined || typeof key === "number" ? attributes.principal_arn : key)
    : undefined;
  const bare = addressOf(resource);
  const [address, from] = [`${bare}${keyOf(own)}`, `${bare}${keyOf(key)}`];
  const problem = problemOf(resource, instance);
  return {
    ...{ stack, address, type, attributes },
    ...(from !== address && { from }),
    ...(problem !== undefined && { problem: `${from} ${problem}` }),
  };
}

/** What an import would hide: it takes an object for whole, from the root's own provider. */
function problemOf(resource: StateResource, { status, provider }: Instance): string | undefined {
  if (status === "tainted") {
    return "is tainted: the next plan replaces it; allowed: an object that is applied, or `terraform untaint`";
  }
  if (resource.instances.some(({ deposed }) => deposed !== undefined)) {
    return "has left a deposed object, which would be forgotten with it; allowed: a state whose replacement was applied to its end";
  }
  // A provider with keys, of OpenTofu, has its own behind the alias.
  const alias = /"\]\.([\w-]+)/.exec(provider ?? resource.provider)?.[1];
  if (alias !== undefined) {
    return `has the provider ${alias}; allowed: the root's own, which is the one that the stacks have`;
  }
  return undefined;
}

function stackOf(resource: StateResource): SharedPart | undefined {
  const { module, type, instances } = resource;
  // A module is the user's own: this code has none. So is what has keys or several objects where this code has one.
  const live = instances.filter(({ deposed }) => deposed === undefined);
  const fits =
    WITH_KEYS.has(type) ||
    (live.length === 1 && live.every(({ index_key }) => typeof index_key !== "string"));
  if (module !== undefined || !fits || !isOwnRepository(resource)) return undefined;
  return partOf(resource);
}

/** Repositories that every environment has, whatever their names are. */
const SERVICES = new Set(["airflow_dags", "consumer", "log_generator"]);

/** Any other is the project's by its name, `<project>/<service>`, which its address follows. */
function isOwnRepository({ type, name, instances }: StateResource): boolean {
  const attribute = { aws_ecr_repository: "name", aws_ecr_lifecycle_policy: "repository" }[type];
  if (attribute === undefined || SERVICES.has(name)) return true;
  return instances.every(({ attributes }) => {
    const [, service] = /^[^/]+\/(.+)$/.exec(String(attributes[attribute])) ?? [];
    return service !== undefined && hclName(service) === name;
  });
}

function keyOf(key: string | number | undefined): string {
  if (key === undefined) return "";
  return typeof key === "number" ? `[${key}]` : `[${quoted(key)}]`;
}

/** Addresses that refer to what goes elsewhere, and what they refer to. Their text needs a value in its place. */
export function brokenReferences(state: StateFile): string[] {
  const { adopted } = partition(state);
  const stacks = new Map(adopted.map(({ address, stack }) => [resourceOf(address), stack] as const));
  const lines = state.resources
    .filter(({ mode }) => mode === "managed")
    .flatMap((resource) => {
      const address = addressOf(resource);
      const own = stacks.get(address);
      const dependencies = resource.instances.flatMap((instance) => instance.dependencies ?? []);
      return dependencies
        .filter((other) => {
          const its = stacks.get(other);
          // Between the stacks this code says the values itself.
          if (own !== undefined && its !== undefined) return false;
          return its !== own && !other.startsWith("data.");
        })
        .map(
          (other) => `${address} refers to ${other}${stacks.has(other) ? ", which moves" : ", which stays"}`,
        );
    });
  return [...new Set(lines)];
}

/** A text in HCL, in which `${` and `%{` would begin a template. */
export const quoted = (text: string) => withoutTemplates(JSON.stringify(text));
