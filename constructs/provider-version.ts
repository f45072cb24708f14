/** What the bindings in use are generated from. */
export const BUNDLED_AWS_PROVIDER = "6.25.0";
/** Who shares a state with the hand-written project stays on its provider: a later one may write what 5.x can't read. */
const SHARED_AWS_PROVIDER = "~> 5.0";

/** What decides the provider's version. */
export interface ProviderChoice {
  /** A version such as `6.25.0`, or a constraint such as `~> 5.0`; null: what the layout takes. */
  readonly version: string | null;
  /** Whether the state is shared with the hand-written project. */
  readonly shared: boolean;
}

/** The version or constraint of the AWS provider. */
export function awsProviderVersion({ version, shared }: ProviderChoice): string {
  return version ?? (shared ? SHARED_AWS_PROVIDER : BUNDLED_AWS_PROVIDER);
}

/** Its major version. */
export function awsProviderMajor(choice: ProviderChoice): number {
  return Number(/\d+/.exec(awsProviderVersion(choice))?.[0]);
}

/**
 * Whether a cluster of this provider has `bootstrap_self_managed_addons`, which an import cannot read: from 5.58.0 on
 * (https://github.com/hashicorp/terraform-provider-aws/pull/38162).
 */
export function hasBootstrapAddOns(choice: ProviderChoice): boolean {
  const version = awsProviderVersion(choice);
  const [major = 0, minor = 0, patch] = (version.match(/\d+/g) ?? []).map(Number);
  // `~> 5.46` takes the newest 5.x.
  const isNewest = version.startsWith("~>") && patch === undefined;
  return major > 5 || (major === 5 && (isNewest || minor >= 58));
}
