import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../config/load.ts";
import { buildApp } from "../../main.ts";
import { footprintsOf } from "../../stacks/fit-table.ts";
import { at, type Container, resourceProblems } from "../support/manifests.ts";
import { restrictedProblems } from "../support/pod-security.ts";
import { type Json, synthesizeEnvironment } from "../support/synth.ts";
import { VALUES_FILE } from "./support/config.ts";

/** The values that the chart gets from 09-fluent-bit. */
function values(env: string): Record<string, unknown> {
  const release = synthesizeEnvironment(env).stacks["09-fluent-bit"]?.resource?.helm_release?.fluent_bit;
  return JSON.parse(String(at(release, "values", "0")));
}

describe("09-fluent-bit", () => {
  it("gives the file's values to the chart as they are, and only what AWS decides besides", () => {
    const given = values("prod");
    const { env, serviceAccount, config, ...rest } = parse(readFileSync(VALUES_FILE, "utf8"));
    expect(env).toBeUndefined();
    expect(given).toMatchObject(rest);
    expect(given.env).toEqual([
      { name: "AWS_REGION", value: "ap-northeast-2" },
      { name: "CALI_STREAM", value: "cali-prod-logs-stream" },
      { name: "CALI_ENVIRONMENT", value: "prod" },
    ]);
    expect(given.serviceAccount).toEqual(serviceAccount);
    // Fluent Bit's own references are not for Terraform: it reads $${ as ${.
    const terraform = JSON.parse(JSON.stringify(given.config).replaceAll("$${", "${"));
    expect(terraform).toEqual(config);
    expect(JSON.stringify(given.config)).not.toMatch(/(?<!\$)\$\{/);
  });

  it("has every variable that its configuration refers to", () => {
    const { config, env } = values("dev") as { config: object; env: { name: string }[] };
    const used = [...JSON.stringify(config).matchAll(/\$\$\{(\w+)\}/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(env.map(({ name }) => name).sort());
  });

  it("takes the role of the hand-written project with IRSA", () => {
    expect(values("terraform-users").serviceAccount).toMatchObject({
      annotations: {
        "eks.amazonaws.com/role-arn":
          "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/cali-app-role",
      },
    });
  });

  it("breaks the restricted Pod Security Standard in what it cannot do without, and in nothing else", () => {
    const { podSecurityContext, securityContext, resources, daemonSetVolumes } = values("prod") as Record<
      string,
      Json
    >;
    const container = { name: "fluent-bit", image: "fluent-bit", securityContext, resources } as Container;
    const pod = { securityContext: podSecurityContext, containers: [container], volumes: daemonSetVolumes };
    expect(restrictedProblems(pod)).toEqual([
      "volume varlog: hostPath",
      "volume state: hostPath",
      "fluent-bit: runAsNonRoot is not true",
      "fluent-bit: runAsUser 0",
    ]);
    expect(resourceProblems(pod)).toEqual([]);
    const mounts = values("prod").daemonSetVolumeMounts as { name: string; readOnly?: boolean }[];
    expect(mounts.filter(({ readOnly }) => !readOnly).map(({ name }) => name)).toEqual(["state"]);
    expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true, privileged: false });
  });

  it("is on every node, with the requests of the values file", () => {
    const footprint = footprintsOf(buildApp(loadConfig({ env: "dev" }))).find(
      ({ name }) => name === "logging/fluent-bit",
    );
    expect(footprint).toMatchObject({
      perNode: true,
      request: { cpuMillis: 50, memoryMiB: 96 },
      limit: { memoryMiB: 384 },
    });
  });
});
