import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "@cali/settings";
import { parse } from "yaml";
import { CONFIG_FOLDER } from "../../config/load.ts";

/** The text of config/dev.yaml. */
export const devText = readFileSync(join(CONFIG_FOLDER, "dev.yaml"), "utf8");
/** What config/dev.yaml holds, to change. */
// biome-ignore lint/suspicious/noExplicitAny: tests break single keys of the parsed file.
export const dev = (): any => parse(devText);

/** What a `ConfigError` says is wrong; none: nothing is. */
export function problemsOf(
  run: () => unknown,
): readonly { key: string; given: string; allowed: string; line?: number }[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
