import type { Overrides } from "../../../config/overrides.ts";
import type { Config } from "../../../config/schema.ts";
import { UnknownServiceError } from "../../core/errors.ts";
import { actualNames } from "../../core/names.ts";

/**
 * The repository of a service's images, such as `123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/cali-dev/consumer`.
 *
 * @param account 12 digits.
 * @param overrides of the environment: they may name the repository. Default: none.
 * @throws UnknownServiceError
 */
export function imageRepository(
  config: Config,
  service: string,
  account: string,
  overrides: Overrides = {},
): string {
  const { environment, region, repositories } = config;
  if (!repositories.names.includes(service)) {
    throw new UnknownServiceError(
      `given ${service}; allowed: one of repositories.names in config/${environment}.yaml: ${repositories.names.join(", ")}`,
    );
  }
  const names = actualNames(config, overrides, account);
  return `${account}.dkr.ecr.${region}.amazonaws.com/${names.repository(service)}`;
}

/** The stage of a service's Dockerfile that an environment needs, which its configuration decides; undefined: the last one. */
export function imageTarget({ services }: Config, service: string): string | undefined {
  return service === "consumer" && services.consumer.engine === "kcl" ? "kcl" : undefined;
}
