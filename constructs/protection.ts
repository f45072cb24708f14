import type { TerraformResourceLifecycle } from "cdktf";
import type { Config } from "../config/schema.ts";

/** The lifecycle of what holds data: a plan that destroys it fails, where the environment is protected. */
export function protectedLifecycle(config: Config): TerraformResourceLifecycle | undefined {
  return config.protection.preventDestroy ? { preventDestroy: true } : undefined;
}
