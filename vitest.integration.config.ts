import { defineConfig } from "vitest/config";

/** The heavier tests: they start real servers (moto) from the Python environment that `.ci/run` makes. */
export default defineConfig({
  test: {
    include: ["test/**/*.integration.test.ts", "{services,packages}/*/test/**/*.integration.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    passWithNoTests: false,
  },
});
