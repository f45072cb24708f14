import { EcrLifecyclePolicy } from "@cdktf/provider-aws/lib/ecr-lifecycle-policy/index.js";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository/index.js";
import { Construct } from "constructs";
import { hclName, type Names } from "../config/names.ts";
import { withLogicalId } from "./logical-id.ts";
import { protectedLifecycle } from "./protection.ts";

export interface ImageRepositoryProps {
  readonly names: Names;
  /** The service, such as `consumer`. */
  readonly service: string;
  /** Whether a tag, once pushed, stays what it is. Default: true. */
  readonly immutableTags?: boolean;
  /** Whether Terraform may delete it with images in it. Default: false. */
  readonly forceDelete?: boolean;
  /** Images kept; older ones expire. Default: 10. */
  readonly keepImages?: number;
  /** null does not state it (ECR then uses AES256). Default: AES256. */
  readonly encryption?: "AES256" | "KMS" | null;
  /** With KMS: ARN of the key. Default: the AWS managed key aws/ecr. */
  readonly kmsKeyArn?: string | null;
  /** Whether a plan that destroys it fails. Default: false. */
  readonly preventDestroy?: boolean;
}

/** A repository for one service's images: scanned on push, and only the newest kept. */
export class ImageRepository extends Construct {
  readonly repository: EcrRepository;

  constructor(scope: Construct, id: string, props: ImageRepositoryProps) {
    super(scope, id);
    const { names, service, immutableTags = true, forceDelete = false, keepImages = 10 } = props;
    const { encryption = "AES256", preventDestroy = false } = props;
    this.repository = withLogicalId(
      new EcrRepository(this, "Default", {
        name: names.repository(service),
        imageTagMutability: immutableTags ? "IMMUTABLE" : "MUTABLE",
        forceDelete,
        imageScanningConfiguration: { scanOnPush: true },
        ...(encryption !== null && {
          encryptionConfiguration: [
            { encryptionType: encryption, ...(props.kmsKeyArn && { kmsKey: props.kmsKeyArn }) },
          ],
        }),
        tags: { Name: names.named(service) },
        lifecycle: protectedLifecycle(preventDestroy),
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
