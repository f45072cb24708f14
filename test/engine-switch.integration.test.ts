import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../config/load.ts";
import { run } from "./support/run.ts";
import { type JsonObject, synthesize } from "./support/synth.ts";

/**
 * The order in which Terraform ends one engine of the consumer and makes the other. Each workload of the synthesized stack and their
 * ConfigMap is a resource of Terraform's own with the same address, dependencies and reason for a replacement: its name.
 */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-engines-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const dev = loadConfig({ env: "dev" });
const configOf = (engine: string) => parseConfig({ ...dev, services: { consumer: { engine } } }, engine);

const SETTINGS = "config_map_v1-consumer";
const workload = (name: string, after: readonly string[] = []) => ({
  triggers_replace: name,
  depends_on: [SETTINGS, ...after].map((address) => `terraform_data.kubernetes_${address}`),
});

/** What engine `single` was in earlier versions. */
const EARLIER = {
  [`kubernetes_${SETTINGS}`]: { triggers_replace: "consumer" },
  "kubernetes_deployment_v1-consumer": workload("consumer"),
};

function resourcesOf(engine: string): Record<string, object> {
  const { resource = {} } = synthesize(configOf(engine)).stacks["13-consumer"] ?? {};
  const named = (type: string) =>
    Object.entries(resource[type] ?? {}).map(([name, body]) => ({
      address: `${type}-${name}`,
      text: JSON.stringify(body),
      name: String((body.metadata as JsonObject).name),
      after: ((body.depends_on ?? []) as string[]).map((one) =>
        one.replace("kubernetes_", "").replace(".", "-"),
      ),
    }));
  const workloads = ["kubernetes_deployment_v1", "kubernetes_stateful_set_v1"].flatMap(named);
  for (const { text } of workloads) expect(text).toContain("${kubernetes_config_map_v1.consumer.metadata");
  return Object.fromEntries([
    ...named("kubernetes_config_map_v1").map(({ address, name }) => [address, { triggers_replace: name }]),
    ...workloads.map(({ address, name, after }) => [address, workload(name, after)]),
  ]);
}

/** Applies them. @returns what Terraform did, in its order */
async function apply(resources: Record<string, object>): Promise<string[]> {
  const application = { resource: { terraform_data: resources } };
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify(application));
  await run("terraform", ["init", "-no-color"], { cwd: folder });
  const { code, stdout, stderr } = await run("terraform", ["apply", "-auto-approve", "-no-color"], {
    cwd: folder,
  });
  expect(code, stderr).toBe(0);
  const step = /^terraform_data\.kubernetes_([\w-]+): (Destroying|Destruction|Creating|Creation)/gm;
  return [...stdout.matchAll(step)].map(([, address, what]) => `${what} ${address}`);
}

const deployment = "deployment_v1-consumer";
const notifier = "stateful_set_v1-consumer_notifier";
const single = "stateful_set_v1-consumer";
const made = (address: string) => [`Creating ${address}`, `Creation ${address}`];
const gone = (address: string) => [`Destroying ${address}`, `Destruction ${address}`];
const renamed = [...gone(SETTINGS), ...made(SETTINGS)];

it("is: the one is gone before the other is made, there and back", async () => {
  expect(await apply(resourcesOf("single"))).toEqual([...made(SETTINGS), ...made(single)]);
  const toKcl = [...gone(single), ...renamed, ...made(deployment), ...made(notifier)];
  expect(await apply(resourcesOf("kcl"))).toEqual(toKcl);
  const back = [...gone(notifier), ...gone(deployment), ...renamed, ...made(single)];
  expect(await apply(resourcesOf("single"))).toEqual(back);
});

it("is the same from the Deployment of an earlier version to the StatefulSet", async () => {
  expect(await apply(EARLIER)).toEqual([...made(SETTINGS), ...made(deployment)]);
  expect(await apply(resourcesOf("single"))).toEqual([...gone(deployment), ...renamed, ...made(single)]);
});
