import type { Config } from "../config/schema.ts";

/** What the bindings in use are generated from. */
export const BUNDLED_AWS_PROVIDER = "6.25.0";
/** Who shares a state with the hand-written project stays on its provider: a later one may write what 5.x can't read. */
const SHARED_AWS_PROVIDER = "~> 5.0";

/** The version or constraint of the AWS provider that a configuration asks for. */
export function awsProviderVersion(config: Config): string {
  return (
    config.provider.aws ?? (config.stateLayout === "shared" ? SHARED_AWS_PROVIDER : BUNDLED_AWS_PROVIDER)
  );
}

/** Its major version. */
export function awsProviderMajor(config: Config): number {
  return Number(/\d+/.exec(awsProviderVersion(config))?.[0]);
}
