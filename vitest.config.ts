import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "{services,packages}/*/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.{cluster,integration,nightly}.test.ts"],
    // Much of the time is waiting for processes: every core works, the one of vitest itself too.
    maxWorkers: "100%",
    // The providers' bindings and AWS's clients take seconds to load: once for a worker, not once for each file. So a file leaves
    // nothing behind: no variable of the environment, no server, no mock.
    isolate: false,
    // Only what hangs reaches these: on a busy machine all comes late.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 100_000 } },
  },
});
