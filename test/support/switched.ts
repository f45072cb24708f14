import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CONFIG_FOLDER, parseConfigText } from "../../config/load.ts";
import { type Json, overridden } from "../../config/overrides.ts";
import { writeConfig } from "../../delivery/commands/switch/config-file.ts";
import { derive } from "../../delivery/commands/switch/derive.ts";
import { forgotten } from "../../delivery/commands/switch/foreign.ts";
import { joined, parityOf, patchFor, patchWithout } from "../../delivery/commands/switch/parity.ts";
import { attributesOf } from "../../delivery/core/parity/compare.ts";
import type { JsonObject } from "../../delivery/core/parity/stack-json.ts";
import { readStateFile, type StateFile } from "../../delivery/core/terraform/state-file.ts";
import { ROOT } from "../support/run.ts";
import { type StackJson, synthesize } from "../support/synth.ts";
export const STATE = join(ROOT, "test/fixtures/legacy/terraform.tfstate");
export const TEMPLATE = readFileSync(join(CONFIG_FOLDER, "terraform-users.yaml"), "utf8");
export const VARIABLES = {
  project_name: "cali",
  environment: "dev",
  aws_region: "ap-northeast-2",
  team_members_arns: ["arn:aws:iam::123456789012:user/mina", "arn:aws:iam::123456789012:user/jun"],
};

/** The live state after somebody changed it. */
export function stateWith(
  change: (attributes: (address: string) => JsonObject, state: StateFile) => void,
): StateFile {
  const state = structuredClone(readStateFile(STATE));
  const attributes = (address: string) => {
    const found = attributesOf(state as never, address);
    if (!found) throw new Error(`the fixture has no ${address}`);
    return found;
  };
  change(attributes, state);
  return state;
}

export const block = (attributes: JsonObject, name: string) =>
  (attributes[name] as JsonObject[])[0] as JsonObject;

/** What `cali switch` writes for a state, and how its synth then stands to it. */
export function switched(state: StateFile, variables: typeof VARIABLES = VARIABLES) {
  const { text, notAllowed } = writeConfig(TEMPLATE, derive(state, variables, {}), "config/x.yaml");
  const config = parseConfigText(text, "config/x.yaml");
  const root = synthesize(config).stacks.infra as StackJson;
  const found = parityOf(root, state as never, variables);
  const { patch: said, left } = patchFor(root, found.differences, state as never);
  const equal = overridden(root as unknown as Json, said) as unknown as StackJson;
  const patch = joined(said, patchWithout(equal, parityOf(equal, state as never, variables).created));
  const foreign = state.resources.filter(
    ({ mode, module, type, name }) => mode === "managed" && (module || !root.resource?.[type]?.[name]),
  );
  const infra = joined(patch, forgotten(foreign, root).patch);
  const whole = synthesize(config, { infra }).stacks.infra as StackJson;
  return {
    text,
    config,
    notAllowed,
    found,
    left,
    infra,
    whole,
    after: parityOf(whole, state as never, variables),
  };
}
