import { defineConfig } from "vitest/config";

/** What takes an hour: twenty kills of a deployment with a real AWS provider. */
export default defineConfig({
  test: { include: ["test/**/*.nightly.test.ts"], fileParallelism: false, passWithNoTests: false },
});
