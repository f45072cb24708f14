import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { letReadersLeave } from "@cali/base";
import { ConfigError } from "@cali/settings";
import { EXIT_FAILED, EXIT_USAGE, program } from "./commands/cli.ts";

export type { ConsumerConfigInput } from "./config/load.ts";
export { type Consumer, type ConsumerCounters, startConsumer } from "./pipeline/consumer.ts";
export type { ConsumerEvents, ConsumerOverrides } from "./pipeline/parts.ts";

const isEntry =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isEntry) {
  letReadersLeave();
  program()
    .parseAsync()
    .catch((error: unknown) => {
      const { name, message, code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") return;
      process.stderr.write(`consumer: ${name}: ${message}\n`);
      process.exitCode = error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILED;
    });
}
