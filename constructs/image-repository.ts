import { EcrLifecyclePolicy } from "@cdktf/provider-aws/lib/ecr-lifecycle-policy/index.js";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository/index.js";
import { Construct } from "constructs";
import { hclName, type Names } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { withLogicalId } from "./logical-id.ts";
import { protectedLifecycle } from "./protection.ts";

export interface ImageRepositoryProps {
  readonly config: Config;
  readonly names: Names;
  /** The service, such as `consumer`. */
  readonly service: string;
}

/** A repository for one service's images: scanned on push, and only the newest kept. */
export class ImageRepository extends Construct {
  readonly repository: EcrRepository;

  constructor(scope: Construct, id: string, { config, names, service }: ImageRepositoryProps) {
    super(scope, id);
    const { immutableTags, forceDelete, encryption, keepImages } = config.repositories;
    this.repository = withLogicalId(
      new EcrRepository(this, "Default", {
        name: names.repository(service),
        imageTagMutability: immutableTags ? "IMMUTABLE" : "MUTABLE",
        forceDelete,
        imageScanningConfiguration: { scanOnPush: true },
        ...(encryption !== null && { encryptionConfiguration: [{ encryptionType: encryption }] }),
        tags: { Name: names.named(service) },
        lifecycle: protectedLifecycle(config),
      }),
      hclName(service),
    );
    withLogicalId(
      new EcrLifecyclePolicy(this, "Lifecycle", {
        repository: this.repository.name,
        policy: JSON.stringify({
          rules: [
            {
              rulePriority: 1,
              description: `Keep last ${keepImages} images`,
              selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: keepImages },
              action: { type: "expire" },
            },
          ],
        }),
      }),
      hclName(service),
    );
  }
}
