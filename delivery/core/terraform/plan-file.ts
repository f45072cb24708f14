import { readFile } from "node:fs/promises";
import { messageOf } from "@cali/base";
import { strFromU8, unzipSync } from "fflate";
import { TerraformError } from "../errors.ts";
import { parseState, type State } from "./state.ts";

/**
 * The state that a plan was made from. Terraform keeps it in the plan's file (`internal/plans/planfile`), so that it notices when a
 * plan is stale, and reading it there takes no call of Terraform, and can't be of another moment.
 *
 * @throws TerraformError
 */
export async function stateOfPlan(file: string): Promise<State> {
  let text: Uint8Array | undefined;
  try {
    text = unzipSync(await readFile(file), { filter: ({ name }) => name === "tfstate" }).tfstate;
  } catch (error) {
    throw new TerraformError(`${file} is no plan of Terraform: ${messageOf(error)}`);
  }
  if (!text)
    throw new TerraformError(
      `${file}: given a plan without a state; allowed: what terraform plan -out writes`,
    );
  return parseState(strFromU8(text), file);
}
