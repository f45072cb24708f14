import { letReadersLeave } from "@cali/base";
import { askedFor, programWith } from "./program.ts";

const args = process.argv.slice(2);
letReadersLeave();
try {
  const asked = askedFor(args);
  const program = await programWith((name) => name === asked || name === args[0]);
  await program.parseAsync();
} catch (error) {
  console.error(await errorText(error));
  process.exitCode = 1;
}

/** What was foreseen has its own message; only what nobody foresaw comes with its stack. */
async function errorText(error: unknown): Promise<unknown> {
  const [{ ConfigError }, { DeliveryError }] = await Promise.all([
    import("@cali/settings"),
    import("./core/errors.ts"),
  ]);
  return error instanceof ConfigError || error instanceof DeliveryError ? error.message : error;
}
