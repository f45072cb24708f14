import { mergeConfig } from "vitest/config";
import fast from "../../vitest.config.ts";

/** `tests-of-group.ts`, whose modules are loaded anew for each mutant: it may be in what a module does when it is loaded. */
export default mergeConfig(
  { ...fast, test: { ...fast.test, include: [] } },
  { test: { include: ["test/mutation/tests-of-group.ts"], isolate: true, maxWorkers: 1 } },
);
