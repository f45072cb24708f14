import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/*.integration.test.ts"];
/** Tests of what is synthesized. */
const STACKS = ["test/*.test.ts", "test/{config,constructs}/**/*.test.ts"];

export default defineConfig({
  test: {
    // Much of the time is waiting for processes: every core works, the one of vitest itself too.
    maxWorkers: "100%",
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "stacks",
          include: STACKS,
          exclude,
          // The providers' bindings take seconds to load: once for all files, which leave nothing behind, instead of once for each.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "programs",
          include: ["test/**/*.test.ts", "services/*/test/**/*.test.ts"],
          exclude: [...exclude, ...STACKS],
        },
      },
    ],
  },
});
