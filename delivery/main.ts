import { ConfigError } from "../config/errors.ts";
import { DeliveryError } from "./errors.ts";
import { program } from "./program.ts";

try {
  await program.parseAsync();
} catch (error) {
  // What was foreseen is told in its own words; only what nobody foresaw comes with its stack.
  const isForeseen = error instanceof ConfigError || error instanceof DeliveryError;
  console.error(isForeseen ? error.message : error);
  process.exitCode = 1;
}
