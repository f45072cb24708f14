import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import {
  allDependencies,
  readApplication,
  selectStacks,
} from "../../delivery/core/application/application.ts";
import { Secrets } from "../../delivery/core/terraform/secrets.ts";
import { writeApplication } from "../support/terraform-app.ts";

const backend = stateBackend(loadConfig({ env: "dev" }));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-application-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const STACKS = [
  { name: "01-kinesis", dependencies: ["06-iam"] },
  { name: "06-iam" },
  { name: "08-cluster", dependencies: ["01-kinesis"] },
  {
    name: "13-consumer",
    dependencies: ["08-cluster"],
    blocks: { variable: { image: {}, token: { sensitive: true, default: "" } } },
  },
];
const names = (stacks: readonly { name: string }[]) => stacks.map(({ name }) => name);

it("is read in the order of deployment", async () => {
  writeApplication(folder, backend, STACKS);
  const application = await readApplication(folder);
  expect(names(application.stacks)).toEqual(["06-iam", "01-kinesis", "08-cluster", "13-consumer"]);
  expect(application.stacks[3]).toMatchObject({
    requiredVariables: ["image"],
    sensitiveVariables: ["token"],
    stateKey: "stacks/13-consumer/terraform.tfstate",
  });
  expect([...allDependencies(application.stacks, "13-consumer")].sort()).toEqual([
    "01-kinesis",
    "06-iam",
    "08-cluster",
  ]);
  expect(names(selectStacks(application, ["infrastructure"]))).toEqual(["06-iam", "01-kinesis"]);
  expect(names(selectStacks(application, ["cluster", "06-iam"]))).toEqual([
    "06-iam",
    "08-cluster",
    "13-consumer",
  ]);
  expect(() => selectStacks(application, ["09-x"])).toThrow(
    /given 09-x; allowed: infrastructure, cluster, 06-iam/,
  );
});

it("has a digest that every change of it changes", async () => {
  writeApplication(folder, backend, STACKS);
  const { digest } = await readApplication(folder);
  writeApplication(folder, backend, STACKS);
  expect((await readApplication(folder)).digest).toBe(digest);
  writeApplication(folder, backend, [...STACKS.slice(0, 3), { name: "13-consumer", values: { x: 1 } }]);
  expect((await readApplication(folder)).digest).not.toBe(digest);
});

it("is refused when stacks wait for each other, or it is none", async () => {
  writeApplication(folder, backend, [
    { name: "a", dependencies: ["b"] },
    { name: "b", dependencies: ["a"] },
  ]);
  await expect(readApplication(folder)).rejects.toThrow(
    "wait for each other, or for one that doesn't exist: a, b",
  );
  writeFileSync(join(folder, "manifest.json"), "{}");
  await expect(readApplication(folder)).rejects.toThrow("is no synthesized application");
});

it("secrets are taken out however they are quoted", async () => {
  const secrets = await Secrets.ofVariables(
    {
      TF_VAR_p: 'a"b-secret',
      TF_VAR_key: "first-line\nsecond-line",
      AWS_SECRET_ACCESS_KEY: "wJalr/x",
      SLACK_WEBHOOK_URL: "https://hooks/x",
      TF_VAR_open: "shown",
      HOME: "/root",
    },
    ["p", "key"],
  );
  expect(secrets.redact('a"b-secret, "a\\"b-secret", wJalr/x https://hooks/x shown /root')).toBe(
    '(sensitive), "(sensitive)", (sensitive) (sensitive) shown /root',
  );
  expect(secrets.redact("│ second-line")).toBe("│ (sensitive)");
});
