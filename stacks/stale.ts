import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type App, TerraformStack } from "cdktf";

/** What a synth and `terraform init` make; all else in a stack's folder is somebody's own, such as `terraform.tfvars`. */
const GENERATED = ["cdk.tf.json", ".terraform", ".terraform.lock.hcl"];

/**
 * Removes what an earlier synth of another environment left in the output folder, so that whoever goes over
 * `cdktf.out/stacks/*` meets only what was synthesized now. A folder with a file of somebody's own stays, with that file.
 *
 * @param app synthesized already
 */
export function removeStaleStacks(app: App): void {
  const current = new Set(
    app.node
      .findAll()
      .filter(TerraformStack.isStack)
      .map((stack) => stack.node.id),
  );
  const folder = join(app.outdir, "stacks");
  for (const name of readdirSync(folder)) {
    const stack = join(folder, name);
    if (current.has(name) || !existsSync(join(stack, "cdk.tf.json"))) continue;
    for (const file of GENERATED) rmSync(join(stack, file), { recursive: true, force: true });
    if (readdirSync(stack).length === 0) rmdirSync(stack);
  }
}
