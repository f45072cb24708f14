import { type ITerraformDependable, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Names } from "../config/names.ts";

/** Metadata of a construct that takes a value of another stack: a `Taken`. */
export const TAKES = "cali:takes";

/** A value that comes from another stack's state. */
export interface Taken {
  readonly from: TerraformStack;
  /** The value inside its owner's state, as a reference. */
  readonly reference: string;
}

/**
 * A value that one numbered stack gives to others.
 *
 * Inside one state it is a reference, so that Terraform sees the dependency. Across states it is the well-known name
 * or ARN, and the user's stack waits for the owner's: never a `terraform_remote_state`, so that a pull request on a
 * fresh environment can plan every stack.
 */
export class Handle {
  private readonly owner: Construct;
  private readonly reference: string;
  private readonly wellKnown: (names: Names) => string;
  private readonly readyWhen: readonly ITerraformDependable[];

  /**
   * @param owner the construct that makes the value
   * @param reference the value inside the owner's state
   * @param wellKnown the same value from the names of any stack
   * @param readyWhen what must exist, besides the value's own resource, before the value is of use
   */
  constructor(
    owner: Construct,
    reference: string,
    wellKnown: (names: Names) => string,
    readyWhen: readonly ITerraformDependable[] = [],
  ) {
    this.owner = owner;
    this.reference = reference;
    this.wellKnown = wellKnown;
    this.readyWhen = readyWhen;
  }

  /** The value for a construct; its stack waits for the owner's when they have states of their own. */
  valueFor(user: Construct, names: Names): string {
    if (this.sharesStateWith(user)) return this.reference;
    const taken: Taken = { from: TerraformStack.of(this.owner), reference: this.reference };
    user.node.addMetadata(TAKES, taken);
    TerraformStack.of(user).addDependency(taken.from);
    return this.wellKnown(names.actual);
  }

  /** For `depends_on`: nothing across states, where the stacks' order does it. */
  dependenciesFor(user: Construct): ITerraformDependable[] {
    return this.sharesStateWith(user) ? [...this.readyWhen] : [];
  }

  private sharesStateWith(user: Construct): boolean {
    return TerraformStack.of(user) === TerraformStack.of(this.owner);
  }
}
