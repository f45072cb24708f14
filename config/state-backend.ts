import type { Config } from "./schema.ts";

/** Where an environment's Terraform states, locks and digests are kept. */
export interface StateBackend {
  readonly bucket: string;
  readonly region: string;
  readonly lockTable: string;
  /** KMS key of the states; null: the bucket's default encryption. */
  readonly kmsKeyArn: string | null;
}

/** The configuration's `state`, defaults filled in. */
export function stateBackend({ project, environment, region, state }: Config): StateBackend {
  return {
    bucket: state.bucket ?? `${project}-${environment}-terraform-state`,
    region: state.region ?? region,
    lockTable: state.lockTable ?? `${project}-${environment}-terraform-lock`,
    kmsKeyArn: state.kmsKeyArn,
  };
}

/** Where a stack's own state lies in the bucket. */
export function stateKey(stack: string): string {
  return `stacks/${stack}/terraform.tfstate`;
}
