import { Command } from "commander";
import { AdoptError } from "../../core/errors.ts";
import { importId } from "../../core/terraform/import-id.ts";
import { readStateFile } from "../../core/terraform/state-file.ts";
import { partition } from "./partition.ts";
import { render } from "./render.ts";

interface Options {
  readonly state: string;
}

/** `cali adopt` */
export const adoptCommand = new Command("adopt")
  .description(
    "Shows how a shared state moves into a state for each stack: what is imported where, what the old root forgets and what stays. It changes nothing.",
  )
  .requiredOption("--state <file>", "the shared state: what `terraform state pull` prints")
  .requiredOption("--print", "show it; an environment is not needed, names come from the state")
  .action(({ state }: Options) => {
    const { adopted, staying } = partition(readStateFile(state));
    if (adopted.length === 0) {
      throw new AdoptError(`${state}: given a state without a resource of 01-07; allowed: a shared state`);
    }
    const nameless = adopted.filter((one) => importId(one) === "").map(({ address }) => address);
    if (nameless.length > 0) {
      throw new AdoptError(`${state}: these objects have no id to import them by: ${nameless.join(", ")}`);
    }
    process.stdout.write(render(adopted, staying));
  });
