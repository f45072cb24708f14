import { defineConfig } from "vitest/config";

/** The heavier tests: they start real servers (moto) from the Python environment that `.ci/run` makes. */
export default defineConfig({
  test: {
    include: ["test/**/*.integration.test.ts", "{services,packages}/*/test/**/*.integration.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    // A server that plays AWS is no AWS: what it fails at once is tried once more, and shown as "retry x1".
    retry: 1,
    // Most of a file's time is waiting for a server or a program; each has its own folders and ports.
    maxWorkers: 2,
    passWithNoTests: false,
  },
});
