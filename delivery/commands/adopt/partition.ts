import { hclName } from "../../../config/names.ts";
import { partOf, type SharedPart } from "../../core/shared-state/own.ts";
import { addressOf, type StateFile, type StateResource } from "../../core/terraform/state-file.ts";

type Instance = StateResource["instances"][number];

/** One object of the shared state and the stack that takes it. */
export interface Adopted {
  readonly stack: SharedPart;
  /** `aws_eks_access_entry.team_members["arn:…"]`: one address for each instance, as HCL has it. */
  readonly address: string;
  readonly type: string;
  readonly attributes: Instance["attributes"];
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
      const address = `${addressOf(resource)}${keyOf(instance)}`;
      if (stack && instance.deposed === undefined) {
        adopted.push({ stack, address, type: resource.type, attributes: instance.attributes });
      } else staying.push(instance.deposed ? `${address} (deposed ${instance.deposed})` : address);
    }
  }
  return { adopted, staying };
}

/** Resources of this code that have a `for_each`; its keys are texts. */
const WITH_KEYS = new Set(["aws_eks_access_entry", "aws_eks_access_policy_association"]);

function stackOf(resource: StateResource): SharedPart | undefined {
  const { module, type, instances } = resource;
  // A module is the user's own: this code has none. So is what has other keys than this code gives it.
  const hasOwnKeys = instances.every(
    ({ index_key }) => typeof index_key === (WITH_KEYS.has(type) ? "string" : "undefined"),
  );
  if (module !== undefined || !hasOwnKeys || !isOwnRepository(resource)) return undefined;
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

function keyOf({ index_key }: Instance): string {
  if (index_key === undefined) return "";
  return typeof index_key === "number" ? `[${index_key}]` : `[${quoted(index_key)}]`;
}

/** A text in HCL, in which `${` and `%{` would begin a template. */
export const quoted = (text: string) =>
  JSON.stringify(text)
    .replaceAll("${", () => "$${")
    .replaceAll("%{", "%%{");
