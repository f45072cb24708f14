import type { StateBackend } from "../../../config/state-backend.ts";
import { RegionError } from "../../core/errors.ts";
import { planBucket } from "../../core/state-backend/plan-bucket.ts";
import { planTable } from "../../core/state-backend/plan-table.ts";
import type { Actual, Plan } from "../../core/state-backend/step.ts";

/** Neither bucket nor table. */
export const NOTHING: Actual = { bucket: null, table: null };

/**
 * The steps from what there is to what an environment's states need. What is missing is added; what is stricter, and
 * whatever else is there, stays.
 *
 * @throws RegionError when the key that is to encrypt the bucket lies in another region.
 */
export function plan(desired: StateBackend, actual: Actual): Plan {
  const keyRegion = desired.kmsKeyArn?.split(":")[3];
  if (keyRegion !== undefined && keyRegion !== desired.region) {
    throw new RegionError(
      `state.kmsKeyArn: given ${desired.kmsKeyArn}; allowed: a key in the bucket's region ${desired.region}`,
    );
  }
  const bucket = planBucket(desired, actual.bucket);
  const table = planTable(desired, actual.table);
  return {
    steps: [...bucket.steps, ...table.steps],
    kept: [...bucket.kept, ...table.kept],
    warnings: [...bucket.warnings, ...table.warnings],
  };
}
