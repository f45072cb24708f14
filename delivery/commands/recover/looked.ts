import type { SynthesizedStack } from "../../core/application/application.ts";
import type { Terraform } from "../../core/terraform/terraform.ts";
import type { CreationOnly } from "./creation-only.ts";
import type { Found } from "./find.ts";
import type { Judgement } from "./judge.ts";

/** A stack that was looked at. */
export interface Looked extends Found, Judgement {
  readonly stack: SynthesizedStack;
  readonly terraform: Terraform;
  readonly planFile: string;
  /** What only the state has to know, once the objects are in it. */
  readonly notes: readonly CreationOnly[];
}
