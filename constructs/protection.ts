import type { TerraformResourceLifecycle } from "cdktf";

/** The lifecycle of what holds data: a plan that destroys it fails, where the environment is protected. */
export function protectedLifecycle(preventDestroy: boolean): TerraformResourceLifecycle | undefined {
  return preventDestroy ? { preventDestroy: true } : undefined;
}
