import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../config/load.ts";
import { run } from "./support/run.ts";
import { type JsonObject, synthesize } from "./support/synth.ts";

/**
 * The order in which Terraform ends one engine of the consumer and makes the other. Each workload of the synthesized stack is a resource of
 * Terraform's own with the same address, dependencies and reason for a replacement: its name.
 */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-engines-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dev = loadConfig({ env: "dev" });
const configOf = (engine: string) => parseConfig({ ...dev, services: { consumer: { engine } } }, engine);

function workloadsOf(engine: string): Record<string, object> {
  const { resource = {} } = synthesize(configOf(engine)).stacks["13-consumer"] ?? {};
  return Object.fromEntries(
    ["kubernetes_deployment_v1", "kubernetes_stateful_set_v1"].flatMap((type) =>
      Object.entries(resource[type] ?? {}).map(([name, body]) => [
        `${type}-${name}`,
        {
          triggers_replace: (body.metadata as JsonObject).name,
          depends_on: ((body.depends_on ?? []) as string[]).map(
            (address) => `terraform_data.${address.replace(".", "-")}`,
          ),
        },
      ]),
    ),
  );
}

/** Applies an engine's workloads. @returns what Terraform did, in its order */
async function apply(engine: string): Promise<string[]> {
  const application = { resource: { terraform_data: workloadsOf(engine) } };
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify(application));
  await run("terraform", ["init", "-no-color"], { cwd: folder });
  const { code, stdout, stderr } = await run("terraform", ["apply", "-auto-approve", "-no-color"], {
    cwd: folder,
  });
  expect(code, stderr).toBe(0);
  const step = /^terraform_data\.kubernetes_([\w-]+): (Destroying|Destruction|Creating|Creation)/gm;
  return [...stdout.matchAll(step)].map(([, address, what]) => `${what} ${address}`);
}

it("is: the one is gone before the other is made, there and back", async () => {
  const deployment = "deployment_v1-consumer";
  const notifier = "stateful_set_v1-consumer_notifier";
  const made = (address: string) => [`Creating ${address}`, `Creation ${address}`];
  const gone = (address: string) => [`Destroying ${address}`, `Destruction ${address}`];
  expect(await apply("single")).toEqual(made(deployment));
  expect(await apply("kcl")).toEqual([...gone(deployment), ...made(deployment), ...made(notifier)]);
  expect(await apply("single")).toEqual([...gone(notifier), ...gone(deployment), ...made(deployment)]);
});
