import { ConfigError } from "@cali/settings";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { environmentFiles, loadConfig, parseConfig } from "../../config/load.ts";
import { fitOnto } from "../../constructs/fit.ts";
import type { PodFootprint } from "../../constructs/footprint.ts";
import { allocatable, INSTANCE_TYPES, type NodeCapacity } from "../../constructs/node-capacity.ts";
import { systemFootprints } from "../../constructs/system-pods.ts";
import { buildApp } from "../../main.ts";
import { checkFit, fitTables, footprintsOf } from "../../stacks/fit-table.ts";
import { at, podSpecOf } from "../support/manifests.ts";
import { synthesize } from "../support/synth.ts";
import { manifestsOf } from "../support/terraform-manifest.ts";

const NODE: NodeCapacity = { cpuMillis: 2000, memoryMiB: 3000, pods: 10 };

const pod = (memoryMiB: number, more: Partial<PodFootprint> = {}): PodFootprint => ({
  name: `pod-${memoryMiB}`,
  perNode: false,
  replicas: { min: 1, max: 1 },
  request: { cpuMillis: 100, memoryMiB },
  limit: { memoryMiB },
  ...more,
});

describe("a node", () => {
  it("of t3.medium has what EKS leaves of it", () => {
    // A node of this type reports 1930m, 3309 MiB and 17 pods; the table is a little below on purpose.
    expect(allocatable("t3.medium")).toEqual({ cpuMillis: 1930, memoryMiB: 3246, pods: 17 });
  });

  it("of a larger type has more of everything, and of an unknown one nothing is known", () => {
    expect(allocatable("m7i.xlarge")).toEqual({ cpuMillis: 3920, memoryMiB: 14_162, pods: 58 });
    expect(allocatable("t3a.small")?.pods).toBe(8);
    expect(allocatable("x99.huge")).toBeUndefined();
    expect(allocatable("t3")).toBeUndefined();
    for (const type of INSTANCE_TYPES) expect(allocatable(type)?.memoryMiB, type).toBeGreaterThan(1000);
  });
});

describe("fitOnto", () => {
  it("puts whole pods onto nodes: what is free in sum is not enough", () => {
    const { unplaced } = fitOnto(NODE, 3, [pod(2000, { replicas: { min: 4, max: 4 } })], "min");
    expect(unplaced).toHaveLength(1);
  });

  it("puts the largest first, where another order would fail", () => {
    const pods = [1000, 1000, 1000, 2000, 2000, 2000].map((memory) => pod(memory));
    expect(fitOnto(NODE, 3, pods, "min").unplaced).toEqual([]);
  });

  it("counts a DaemonSet on each node, and each pod's place", () => {
    const daemon = pod(500, { perNode: true });
    const fit = fitOnto(NODE, 2, [daemon, pod(2500, { replicas: { min: 2, max: 3 } })], "min");
    expect(fit.unplaced).toEqual([]);
    expect(fit.requested).toEqual({ cpuMillis: 400, memoryMiB: 6000, pods: 4 });
    expect(fit.placed.map((pods) => pods.map(({ name }) => name))).toEqual([
      ["pod-500", "pod-2500"],
      ["pod-500", "pod-2500"],
    ]);
    const small = pod(1, { request: { cpuMillis: 1, memoryMiB: 1 }, replicas: { min: 19, max: 19 } });
    expect(fitOnto(NODE, 2, [daemon, small], "min").unplaced).toHaveLength(1);
  });

  it("says so when a DaemonSet alone is too large, and when there are no nodes", () => {
    expect(fitOnto(NODE, 1, [pod(4000, { perNode: true })], "min").unplaced).toHaveLength(1);
    expect(fitOnto(NODE, 0, [pod(1)], "min").unplaced).toHaveLength(1);
  });

  it("never puts more onto a node than it has, and loses no pod", () => {
    const pods = fc.array(
      fc.record({
        cpuMillis: fc.integer({ min: 0, max: 2500 }),
        memoryMiB: fc.integer({ min: 0, max: 3500 }),
        perNode: fc.boolean(),
        count: fc.integer({ min: 0, max: 5 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(pods, fc.integer({ min: 0, max: 6 }), (some, nodes) => {
        const all = some.map(({ cpuMillis, memoryMiB, perNode, count }, index) =>
          pod(memoryMiB, {
            name: String(index),
            perNode,
            replicas: { min: count, max: count },
            request: { cpuMillis, memoryMiB },
          }),
        );
        const { unplaced, free, requested } = fitOnto(NODE, nodes, all, "min");
        const daemonsFit = all
          .filter(({ perNode }) => perNode)
          .reduce((sum, one) => sum + one.request.memoryMiB, 0);
        if (unplaced.length === 0 && daemonsFit <= NODE.memoryMiB) {
          for (const left of free)
            expect(Math.min(left.cpuMillis, left.memoryMiB, left.pods)).toBeGreaterThanOrEqual(0);
          const used = free.reduce((sum, left) => sum + NODE.memoryMiB - left.memoryMiB, 0);
          expect(used).toBe(requested.memoryMiB);
        }
        // More nodes never make it worse.
        const more = fitOnto(NODE, nodes + 1, all, "min").unplaced.filter(({ perNode }) => !perNode);
        expect(more.length).toBeLessThanOrEqual(unplaced.filter(({ perNode }) => !perNode).length);
      }),
    );
  });
});

describe("checkFit", () => {
  const dev = loadConfig({ env: "dev" });
  const check = (nodeGroup: object, workloads: PodFootprint[]) => {
    const config = parseConfig({ ...dev, cluster: { ...dev.cluster, nodeGroup } }, "dev");
    return fitTables(checkFit(config, workloads, "config/dev.yaml"), config);
  };

  it("fails when the fewest nodes have no room, and says how many would", () => {
    const large = pod(2000, { name: "milvus", replicas: { min: 4, max: 4 } });
    expect(() => check({ minSize: 2 }, [large])).toThrow(ConfigError);
    expect(() => check({ minSize: 2 }, [large])).toThrow(
      "config/dev.yaml: cluster.nodeGroup.minSize: given 2 × t3.medium, with no room for milvus (100m, 2000 MiB); " +
        "allowed: 4 or more nodes of that type, a larger type",
    );
    expect(() => check({ minSize: 2 }, [pod(4000)])).toThrow("fit onto no number of nodes of that type");
    expect(check({ minSize: 2, instanceTypes: ["m7i.xlarge"] }, [large])).toContain("2 × m7i.xlarge");
  });

  it("takes the least of several types", () => {
    const types = ["m7i.xlarge", "t3.medium"];
    expect(() => check({ minSize: 2, instanceTypes: types }, [pod(4000)])).toThrow("m7i.xlarge or t3.medium");
  });

  it("prints sums, and says when only the most nodes are too few", () => {
    const table = check({ minSize: 2, desiredSize: 2, maxSize: 2 }, [
      pod(2000, { name: "a", replicas: { min: 1, max: 9 } }),
    ]);
    expect(table).toMatch(/^a +1 to 9 +100m +2000 MiB +2000 MiB$/m);
    expect(table).toMatch(/^nodes +2 × t3\.medium +2 × t3\.medium$/m);
    expect(table).toMatch(/^fits +yes +no$/m);
    expect(table).toContain("2 nodes have no room for a (100m, 2000 MiB): raise cluster.nodeGroup.maxSize");
  });

  it("says when a type is not known", () => {
    expect(check({ instanceTypes: ["c9.large"] }, [])).toContain("does not have each of c9.large");
  });

  it("leaves out what the cluster does not have", () => {
    const names = (env: string) => systemFootprints(loadConfig({ env })).map(({ name }) => name);
    expect(names("prod")).toContain("kube-system/eks-pod-identity-agent");
    expect(names("terraform-users")).not.toContain("kube-system/eks-pod-identity-agent");
  });
});

describe.each(environmentFiles())("%s", (env) => {
  const config = loadConfig({ env });
  const footprints = footprintsOf(buildApp(config));

  it("fits onto its fewest nodes, and its most pods onto its most nodes", () => {
    const table = fitTables(checkFit(config, footprints, `config/${env}.yaml`), config);
    expect(table).not.toContain("have no room");
  });

  it("counts what the pods of the stacks have", () => {
    for (const { manifest } of manifestsOf(synthesize(config))) {
      const pod = podSpecOf(manifest);
      if (!pod) continue;
      const { namespace, name } = manifest.metadata;
      const footprint = footprints.find((one) => one.name === `${namespace}/${name}`);
      const request = at(pod.containers, "0", "resources", "requests") as { cpu: string; memory: string };
      expect(footprint?.request).toEqual({
        cpuMillis: Number(request.cpu.replace("m", "")),
        memoryMiB: Number(request.memory.replace("Mi", "")),
      });
      // A CronJob has none until its hour comes.
      expect(footprint?.replicas.min).toBe(at(manifest.spec, "replicas") ?? 0);
    }
  });
});
