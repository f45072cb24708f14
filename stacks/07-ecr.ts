import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { ImageRepository } from "../constructs/image-repository.ts";

export interface EcrProps {
  readonly config: Config;
  readonly names: Names;
}

/** 07: one image repository for each service. */
export class Ecr extends Construct {
  /** By the service's name, such as `log-generator`. */
  readonly repositories: ReadonlyMap<string, ImageRepository>;

  constructor(scope: Construct, id: string, { config, names }: EcrProps) {
    super(scope, id);
    this.repositories = new Map(
      config.repositories.names.map((service) => [
        service,
        new ImageRepository(this, service, {
          ...config.repositories,
          names,
          service,
          kmsKeyArn: config.kmsKeys.repositories,
          preventDestroy: config.protection.preventDestroy,
        }),
      ]),
    );
  }
}
