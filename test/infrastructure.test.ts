import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { environmentFiles, loadConfig, overridesOf } from "../config/load.ts";
import { buildApp } from "../main.ts";
import { checkFit, footprintsOf } from "../stacks/fit-table.ts";
import { flowsOf, infrastructureOf } from "../stacks/infrastructure.ts";
import { synthesizedStacks } from "../stacks/summary.ts";
import { resourcesOf, synthesizeEnvironment } from "./support/synth.ts";

function infrastructure(env: string) {
  const config = loadConfig({ env });
  const outdir = mkdtempSync(join(tmpdir(), "cali-infrastructure-"));
  try {
    const app = buildApp(config, { outdir, overrides: overridesOf(env) });
    const fit = checkFit(config, footprintsOf(app), env);
    app.synth();
    return infrastructureOf(config, { stacks: synthesizedStacks(outdir), flows: flowsOf(app), fit });
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

const dev = infrastructure("dev");

describe.each(environmentFiles())("the infrastructure of %s", (env) => {
  const { stacks, flows, fit } = infrastructure(env);

  it("has every resource that is synthesized", () => {
    const found = stacks.flatMap(({ name, resources }) =>
      resources.map(({ address }) => `${name} ${address}`),
    );
    const synthesized = resourcesOf(synthesizeEnvironment(env)).map(
      ({ stack, address }) => `${stack} ${address}`,
    );
    expect(found.sort()).toEqual(synthesized.sort());
  });

  it("is in the order of deployment: a stack comes after what it waits for", () => {
    const steps = new Map(stacks.map(({ name, step }) => [name, step]));
    expect([...steps.values()]).toEqual([...steps.values()].sort((a, b) => a - b));
    for (const { name, step, waitsFor } of stacks) {
      for (const other of waitsFor) expect(steps.get(other), `${name} waits for ${other}`).toBeLessThan(step);
    }
  });

  it("says what flows along every arrow, and along no other", () => {
    const arrows = stacks.flatMap(({ name, waitsFor }) => waitsFor.map((from) => `${from} -> ${name}`));
    expect([...new Set(flows.map(({ from, to }) => `${from} -> ${to}`))].sort()).toEqual(arrows.sort());
    const made = new Set(
      stacks.flatMap(({ name, resources }) => resources.map(({ address }) => `${name} ${address}`)),
    );
    for (const { from, value } of flows) {
      const [type, name] = value.split(".");
      expect(made, value).toContain(`${from} ${type}.${name}`);
    }
  });

  it("puts no more onto a node than it has", () => {
    for (const { nodes, unplaced } of fit?.cases ?? expect.fail("the node's size is not known")) {
      expect(unplaced).toEqual([]);
      for (const { pods, cpuMillis, memoryMiB } of nodes) {
        expect(pods.length).toBeLessThanOrEqual(fit?.node.pods ?? 0);
        expect(cpuMillis).toBeLessThanOrEqual(fit?.node.cpuMillis ?? 0);
        expect(memoryMiB).toBeLessThanOrEqual(fit?.node.memoryMiB ?? 0);
      }
    }
  });
});

it("names what flows by the state that makes it", () => {
  expect(dev.flows).toContainEqual({
    from: "01-kinesis",
    to: "13-consumer",
    value: "aws_kinesis_stream.logs.name",
  });
});

it("names resources as AWS and Kubernetes do, without what only Terraform will know", () => {
  const named = new Map(
    dev.stacks.flatMap(({ resources }) => resources.map((one) => [one.address, one.name])),
  );
  expect(named.get("aws_kinesis_stream.logs")).toBe("cali-dev-logs-stream");
  expect(named.get("aws_s3_bucket.logs")).toBe("cali-dev-logs-<account>");
  expect(named.get("aws_eks_addon.coredns")).toBe("coredns");
  expect(named.get("kubernetes_namespace_v1.cali")).toBe("cali");
  expect(named.get("aws_s3_bucket_policy.logs")).toBeUndefined();
  expect([...named.values()].filter((name) => name?.includes("${"))).toEqual([]);
});
