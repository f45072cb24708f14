import { PlanKeyError } from "../errors.ts";

const BYTES = 32;
const REMEDY = "Remedy: openssl rand -base64 32 | gh secret set CALI_PLAN_KEY";

/** Reads the key that plans are sealed with. @throws PlanKeyError, never with the key */
export function planKey({ CALI_PLAN_KEY: given }: NodeJS.ProcessEnv): Buffer {
  if (!given)
    throw new PlanKeyError(
      `CALI_PLAN_KEY: given nothing; allowed: ${BYTES} random bytes as base64\n${REMEDY}`,
    );
  const text = given.trim();
  const key = Buffer.from(text, "base64");
  // Node skips what is no base64.
  if (key.length !== BYTES || key.toString("base64") !== text) {
    throw new PlanKeyError(
      `CALI_PLAN_KEY: given ${text.length} characters that are not shown; allowed: ${BYTES} random bytes as base64, ${Math.ceil(BYTES / 3) * 4} characters\n${REMEDY}`,
    );
  }
  return key;
}
