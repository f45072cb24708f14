import { defineConfig } from "vitest/config";

/** The stacks in a cluster, with a real control plane, real providers and the real charts (docs/testing.md says what that takes). */
export default defineConfig({
  test: {
    include: ["test/cluster/*.cluster.test.ts"],
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    passWithNoTests: false,
  },
});
