import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Adoption } from "../config/adoption.ts";
import { loadConfig, parseConfig } from "../config/load.ts";
import { nextStep } from "../delivery/commands/adopt/move.ts";
import { SHARED_PARTS } from "../delivery/core/shared-state/own.ts";
import { readStateFile } from "../delivery/core/terraform/state-file.ts";
import { ROOT } from "./support/run.ts";
import { type StackJson, synthesize } from "./support/synth.ts";

/** Both sides of a move of the live environment, as they are synthesized. */
const LIVE = readStateFile(join(ROOT, "test/fixtures/legacy/terraform.tfstate"));
const team = ["mina", "jun"].map((name) => `arn:aws:iam::123456789012:user/${name}`);
const shared = { ...loadConfig({ env: "terraform-users" }), team };
const separate = parseConfig(
  { ...shared, stateLayout: "stacks", prefix: "cali", imported: true },
  "separate",
);
const joined = parseConfig({ ...shared, imported: true }, "joined");

const managed = parseConfig(
  {
    ...separate,
    grafana: { mode: "managed", login: { kind: "identity-center" } },
    iam: { ...separate.iam, workloadRoles: "per-workload", applicationRole: null, grafanaAccess: "read" },
  },
  "managed",
);

const begun = nextStep("stacks", { one: LIVE, parts: new Map() }, undefined).adoption as Adoption;

/** Addresses of a synthesized stack's resources, without keys. */
const resources = (stack: StackJson | undefined) =>
  Object.entries((stack?.resource ?? {}) as Record<string, object>)
    .flatMap(([type, byName]) => Object.keys(byName).map((name) => `${type}.${name}`))
    .sort();
const imports = (stack: unknown) =>
  ((stack as { import?: { to: string }[] } | undefined)?.import ?? []).map(({ to }) => to);
const forgets = (stack: unknown) =>
  ((stack as { removed?: { from: string; lifecycle: unknown }[] } | undefined)?.removed ?? []).map(
    ({ from, lifecycle }) => {
      expect(lifecycle).toEqual({ destroy: false });
      return from;
    },
  );
const bare = (addresses: readonly string[]) =>
  [...new Set(addresses.map((address) => address.replace(/\[.*$/, "")))].sort();
const addresses = begun.objects.map(({ address }) => address);

describe("the move to a state for each stack", () => {
  it("imports every object into its stack, and keeps the old root whole", () => {
    const { stacks } = synthesize(separate, {}, begun);
    expect(SHARED_PARTS.flatMap((part) => imports(stacks[part])).sort()).toEqual([...addresses].sort());
    for (const part of SHARED_PARTS)
      expect(bare(imports(stacks[part])), part).toEqual(resources(stacks[part]));
    expect(resources(stacks.infra)).toEqual(bare(addresses));
    expect(forgets(stacks.infra)).toEqual([]);
  });

  it("then forgets every object in the old root, which keeps its 14 outputs", () => {
    const { stacks, manifest } = synthesize(separate, {}, { ...begun, step: "forget" });
    expect(forgets(stacks.infra).sort()).toEqual(bare(addresses));
    expect(resources(stacks.infra)).toEqual([]);
    expect(SHARED_PARTS.flatMap((part) => imports(stacks[part]))).toEqual([]);
    expect(Object.keys(stacks.infra?.output ?? {}).sort()).toEqual(Object.keys(LIVE.outputs).sort());
    expect([...(manifest.stacks.infra?.dependencies ?? [])].sort()).toEqual([...SHARED_PARTS]);
  });

  it("ends with stacks, and an old root that has only outputs", () => {
    const { stacks } = synthesize(separate);
    expect(resources(stacks.infra)).toEqual([]);
    expect(Object.keys(stacks.infra?.output ?? {})).toHaveLength(14);
    expect(forgets(stacks.infra)).toEqual([]);
    expect(SHARED_PARTS.flatMap((part) => resources(stacks[part])).sort()).toEqual(bare(addresses));
  });

  it.each([
    ["the live environment", separate],
    ["a managed Grafana", managed],
  ])("leaves the old root every output that the stacks have: %s", (_, config) => {
    const { stacks } = synthesize(config);
    const outputs = (names: readonly string[]) =>
      names
        .flatMap((name) => Object.entries(stacks[name]?.output ?? {}))
        .map(([name, { description }]) => [name, description])
        .sort();
    expect(outputs(["infra"])).toEqual(outputs(SHARED_PARTS));
    expect(Object.keys(stacks.infra?.output ?? {}).includes("grafana_workspace_id")).toBe(
      config.grafana.mode === "managed",
    );
  });

  it("asks a managed workspace's own state, since AWS finds none by its name", () => {
    const { stacks } = synthesize(managed);
    expect(stacks.infra?.output?.grafana_workspace_id).toMatchObject({
      value: "${data.terraform_remote_state.grafana.outputs.grafana_workspace_id}",
    });
    expect(stacks.infra?.data?.terraform_remote_state).toMatchObject({
      grafana: {
        backend: "s3",
        config: { bucket: separate.state.bucket, key: "stacks/04-grafana/terraform.tfstate" },
      },
    });
  });

  it("keeps the provider's version in every stack of 01-07", () => {
    const { stacks } = synthesize(separate, {}, begun);
    const versions = [...SHARED_PARTS, "infra"].map(
      (name) =>
        /"aws":\{"source":"aws","version":"([^"]+)"/.exec(JSON.stringify(stacks[name]?.terraform))?.[1],
    );
    expect(new Set(versions)).toEqual(new Set(["~> 5.0"]));
  });
});

describe("what the one state's overrides say", () => {
  it("holds in the stack that has the resource, and adds nothing to another", () => {
    const tags = { team: "data" };
    const infra = { resource: { aws_s3_bucket: { logs: { tags } } } };
    const { stacks } = synthesize(separate, { infra }, { ...begun, step: "forget" });
    expect(stacks["02-s3"]?.resource?.aws_s3_bucket?.logs).toMatchObject({ tags });
    for (const name of ["04-grafana", "infra"]) expect(stacks[name], name).not.toHaveProperty("resource");
    expect(Object.keys(stacks["07-ecr"]?.resource ?? {})).not.toContain("aws_s3_bucket");
  });
});

describe("the way back", () => {
  it("imports every object into the one state", () => {
    const { stacks } = synthesize(joined, {}, { ...begun, to: "shared" });
    expect(imports(stacks.infra).sort()).toEqual([...addresses].sort());
    expect(SHARED_PARTS.flatMap((part) => forgets(stacks[part]))).toEqual([]);
    expect(SHARED_PARTS.flatMap((part) => resources(stacks[part])).sort()).toEqual(bare(addresses));
  });

  it("then forgets each in its stack", () => {
    const { stacks } = synthesize(joined, {}, { ...begun, to: "shared", step: "forget" });
    expect(SHARED_PARTS.flatMap((part) => forgets(stacks[part])).sort()).toEqual(bare(addresses));
    expect(resources(stacks.infra)).toEqual(bare(addresses));
  });

  it("ends with what the hand-written project has, but for what an import cannot read", () => {
    const [before, after] = [shared, joined].map((config) => synthesize(config).stacks.infra?.resource);
    const cluster = { ...before?.aws_eks_cluster?.main };
    expect(after?.aws_eks_cluster?.main).toEqual({
      ...cluster,
      lifecycle: { ignore_changes: ["bootstrap_self_managed_addons"] },
    });
    expect({ ...after, aws_eks_cluster: { main: cluster } }).toEqual(before);
  });
});
