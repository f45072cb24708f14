import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CONFIG_FOLDER, parseConfig } from "../config/load.ts";
import { ROOT } from "./support/run.ts";
import { type Json, synthesize } from "./support/synth.ts";

/** docs/migrating.md promises what the plan of each step holds. Every step is made here. */

// biome-ignore lint/suspicious/noExplicitAny: steps change single keys of the parsed file.
type Change = (config: any) => void;

const STEPS: Record<string, Change> = {
  "keep-bucket": (c) => {
    c.bucket.forceDestroy = false;
  },
  "keep-images": (c) => {
    c.repositories.forceDelete = false;
  },
  "delivery-logs": (c) => {
    c.firehose.logRetentionDays = 14;
  },
  "tls-only": (c) => {
    c.bucket.tlsOnly = true;
  },
  "firehose-exact": (c) => {
    c.firehose.rolePolicies = "exact";
  },
  "encrypt-stream": (c) => {
    c.stream.encryption = "kms";
  },
  "autoscaler-own": (c) => {
    c.iam.autoscalerScope = "cluster";
  },
  "grafana-reads": (c) => {
    c.iam.grafanaAccess = "read";
  },
  "immutable-tags": (c) => {
    c.repositories.immutableTags = true;
  },
  "view-only-team": (c) => {
    c.cluster.teamAccess = "AmazonEKSViewPolicy";
  },
  "admin-role": (c) => {
    c.domain.masterUser = { kind: "iam" };
  },
  "close-domain": (c) => {
    c.domain.access = {};
  },
  "nodes-no-stream": (c) => {
    c.iam.nodesMayUseStream = false;
  },
  "private-endpoint": (c) => {
    c.cluster.publicEndpointCidrs = [];
  },
  "encrypt-secrets": (c) => {
    c.cluster.encryptSecrets = true;
  },
  "volumes-role": (c) => {
    c.cluster.ebsCsiRole = "own";
  },
  "next-version": (c) => {
    c.cluster.version = "1.30";
  },
  "fresh-nodes": (c) => {
    c.cluster.nodeGroup.hardened = true;
    c.cluster.nodeGroup.amiType = "AL2023_x86_64_STANDARD";
  },
};

const usersText = readFileSync(join(CONFIG_FOLDER, "terraform-users.yaml"), "utf8");
const page = readFileSync(join(ROOT, "docs/migrating.md"), "utf8");

function resourcesAfter(change: Change): Map<string, string> {
  const config = parse(usersText);
  change(config);
  const { stacks } = synthesize(parseConfig(config, "config/terraform-users.yaml"));
  const resources = stacks.infra?.resource as Record<string, Record<string, Json>>;
  return new Map(
    Object.entries(resources).flatMap(([type, byName]) =>
      Object.entries(byName).map(([name, body]) => [`${type}.${name}`, JSON.stringify(body)]),
    ),
  );
}

/** `+ address`, `- address`, `~ address`, as the page writes them. */
function difference(before: Map<string, string>, after: Map<string, string>): string[] {
  return [
    ...[...after.keys()].filter((address) => !before.has(address)).map((address) => `+ ${address}`),
    ...[...before.keys()].filter((address) => !after.has(address)).map((address) => `- ${address}`),
    ...[...after]
      .filter(([address, body]) => before.has(address) && before.get(address) !== body)
      .map(([address]) => `~ ${address}`),
  ].sort();
}

describe("docs/migrating.md", () => {
  const rows = new Map(
    page
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.trim()))
      .filter((cells) => cells.length === 5 && cells[1] !== "step" && !cells[1]?.startsWith("-"))
      .map((cells) => [cells[1] ?? "", cells[3] ?? ""]),
  );
  let before: Map<string, string>;
  beforeAll(() => {
    before = resourcesAfter(() => {});
  });

  it("has the steps that are tested here, and no others", () => {
    expect([...rows.keys()].sort()).toEqual(Object.keys(STEPS).sort());
  });

  it.each(Object.entries(STEPS))("%s changes what the page says, and nothing else", (step, change) => {
    const promised = [...(rows.get(step) ?? "").matchAll(/`([+~-] aws_[\w.]+)`/g)].map(
      ([, text]) => text ?? "",
    );
    expect(difference(before, resourcesAfter(change))).toEqual(promised.sort());
  });

  it("one role a workload: no role that every service account may use is left, and no name is made twice", () => {
    const after = resourcesAfter((c) => {
      c.iam = { workloadRoles: "per-workload", grafanaAccess: "read", nodesMayUseStream: true };
      c.grafana = { mode: "chart" };
    });
    const changes = difference(before, after);
    expect(changes).toEqual(
      expect.arrayContaining([
        "- aws_iam_role.app_role",
        "+ aws_iam_role.consumer",
        "+ aws_iam_role.fluent_bit",
        "+ aws_iam_role.log_generator",
        "~ aws_iam_role.airflow_role",
        "~ aws_iam_role.cluster_autoscaler",
        "~ aws_iam_role.grafana",
      ]),
    );
    expect([...after.values()].join()).not.toContain("system:serviceaccount:*");
    const names = (resources: Map<string, string>) =>
      [...resources]
        .filter(([address]) => address.startsWith("aws_iam_role."))
        .map(([address, body]) => [JSON.parse(body).name as string, address]);
    const addressBefore = new Map(names(before) as [string, string][]);
    for (const [name, address] of names(after) as [string, string][]) {
      expect(addressBefore.get(name) ?? address, `${name} would be made while it still exists`).toBe(address);
    }
  });
});
