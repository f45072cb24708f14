import { addressOf, type StateResource } from "../../core/terraform/state-file.ts";

/** What an apply that failed has left half-made, a line each, and what the next one does to it. */
export function unfinished(resources: readonly StateResource[]): string[] {
  return resources.flatMap((resource) =>
    resource.instances.flatMap(({ deposed, status }) => {
      if (deposed !== undefined)
        return [`${addressOf(resource)}: has a deposed object, which would be destroyed`];
      return status === "tainted" ? [`${addressOf(resource)}: is tainted, and would be replaced`] : [];
    }),
  );
}
