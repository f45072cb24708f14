/** What every run of mutation testing has in common; `test/mutation/groups.ts` says which modules and tests each group has. */
export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  // Stryker's own `testFiles` would leave every mutant inactive that is in what a module does when it is loaded.
  vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
  coverageAnalysis: "perTest",
  // The copy that is mutated needs no more than code and tests.
  ignorePatterns: ["/.cali", "/cdktf.out", "/.venv*", "/bench", "/dashboards", "/coverage"],
  tempDirName: ".cali/mutation/sandbox",
  cleanTempDir: "always",
  // Rewriting it needs an API that TypeScript 7 does not have, and nothing is compiled.
  tsconfigFile: "none",
  disableTypeChecks: false,
  warnings: { slow: false },
  reporters: ["progress-append-only", "clear-text", "html", "json"],
  clearTextReporter: { logTests: false, reportTests: false, allowColor: false },
  // Only a loop without an end is to be cut off, not a test of properties on a busy machine.
  timeoutMS: 20_000,
  allowConsoleColors: false,
  incremental: true,
};
