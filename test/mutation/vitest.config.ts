import { mergeConfig } from "vitest/config";
import fast from "../../vitest.config.ts";
import { GROUPS } from "./groups.ts";

const group = GROUPS.find(({ name }) => name === process.env.MUTATION_GROUP);

/** The tests of a group (`MUTATION_GROUP`), each file with modules of its own: a mutant may be in what a module does when it is loaded. */
export default mergeConfig(
  { ...fast, test: { ...fast.test, include: [] } },
  { test: { include: group?.tests ?? [], isolate: true, maxWorkers: 1 } },
);
