import type { Config } from "../../../config/schema.ts";

/** What plans and applies the stacks: Terraform, or OpenTofu, which began as the same code. */
export interface Program {
  /** What is started, from the `PATH`: the configuration's `terraform.program`. */
  readonly command: Config["terraform"]["program"];
  readonly name: string;
  /** Its first version that has all the backend says: `use_lockfile`. */
  readonly oldest: string;
  /** Page that says how to install it. */
  readonly install: string;
  /** Host of the providers whose source names none. */
  readonly registry: string;
}

/** Versions by their changelogs: both got `use_lockfile` with 1.10, and ephemeral values, which 08-13 have, with 1.10 and 1.11. */
export const PROGRAMS: Readonly<Record<Program["command"], Program>> = {
  terraform: {
    command: "terraform",
    name: "Terraform",
    oldest: "1.10.0",
    install: "https://developer.hashicorp.com/terraform/install",
    registry: "registry.terraform.io",
  },
  tofu: {
    command: "tofu",
    name: "OpenTofu",
    oldest: "1.10.0",
    install: "https://opentofu.org/docs/intro/install/",
    registry: "registry.opentofu.org",
  },
};

/** The program of an environment. */
export const programOf = ({ terraform }: Pick<Config, "terraform">): Program => PROGRAMS[terraform.program];

/** The other one. */
export const otherThan = ({ command }: Program): Program =>
  PROGRAMS[command === "tofu" ? "terraform" : "tofu"];

/** A provider's whole address. @param source as `required_providers` has it: `aws`, `hashicorp/aws`, `example.com/own/aws` */
export function providerAddress(source: string, { registry }: Program): string {
  const parts = source.split("/");
  return [registry, "hashicorp"]
    .slice(0, 3 - parts.length)
    .concat(parts)
    .join("/");
}
