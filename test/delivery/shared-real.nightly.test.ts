import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AttachRolePolicyCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { overridden } from "../../config/overrides.ts";
import { stateBackend } from "../../config/state-backend.ts";
import { forgotten } from "../../delivery/commands/switch/foreign.ts";
import type { JsonObject, StackJson } from "../../delivery/core/parity/stack-json.ts";
import { parseStateFile } from "../../delivery/core/terraform/state-file.ts";
import { AWS_PROVIDER, isInMirror, RealAws, SKIPPED } from "../support/real-aws.ts";
import { run } from "../support/run.ts";
import { writeApplication } from "../support/terraform-app.ts";

const ROLE = "cali-dev-consumer-role";
const policy = (action: string, more: object) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, ...more }] });
const TRUST = policy("sts:AssumeRole", { Principal: { Service: "ec2.amazonaws.com" } });

/** What CALI makes there, in small. */
const OWN = {
  aws_iam_role: { consumer: { name: ROLE, assume_role_policy: TRUST } },
  aws_iam_role_policy: {
    consumer: {
      name: "permissions",
      role: "${aws_iam_role.consumer.name}",
      policy: policy("kinesis:GetRecords", { Resource: "*" }),
    },
  },
};
/** What the user has beside it, and Terraform can make here. */
const FOREIGN = {
  aws_sns_topic: { alerts: { name: "cali-alerts" } },
  aws_s3_bucket: { copies: { bucket: "cali-dev-copies" } },
  terraform_data: { mine: { input: "x" } },
  ...(isInMirror("hashicorp/null") && { null_resource: { kubeconfig: { triggers: { cluster: "a" } } } }),
};
const addressesOf = (resources: Record<string, object>) =>
  Object.entries(resources)
    .flatMap(([type, byName]) => Object.keys(byName).map((name) => `${type}.${name}`))
    .sort();

const entry = (provider: string, type: string, name: string, attributes: object, schema_version = 0) => ({
  ...{ mode: "managed", type, name, provider: `provider["registry.terraform.io/${provider}"]` },
  instances: [{ schema_version, attributes, sensitive_attributes: [] }],
});
/** What needs a cluster or a domain, as its provider writes it into a state. */
const ENTRIES = [
  entry("hashicorp/helm", "helm_release", "milvus", { id: "milvus", name: "milvus" }, 2),
  entry("hashicorp/helm", "helm_release", "airflow", { id: "airflow", name: "airflow" }, 2),
  entry("hashicorp/kubernetes", "kubernetes_namespace", "milvus", { id: "milvus" }),
  entry("hashicorp/kubernetes", "kubernetes_secret", "slack", { id: "milvus/slack", data: { url: "x" } }),
  entry("hashicorp/kubernetes", "kubernetes_config_map_v1", "settings", { id: "milvus/settings" }),
  entry("opensearch-project/opensearch", "opensearch_index_template", "logs", { id: "logs", name: "logs" }),
].filter(({ provider }) => isInMirror(provider.replace(/.*terraform\.io\/(.*)"\]/, "$1")));
const KINDS = [...new Set(ENTRIES.map(({ type }) => type))].join(", ") || "none: no provider of such";

describe.skipIf(!AWS_PROVIDER)(`the one state of a user, with the real provider${SKIPPED}`, () => {
  let aws: RealAws;
  let iam: IAMClient;
  beforeAll(async () => {
    aws = await RealAws.start();
    iam = new IAMClient(aws.client);
    await aws.bootstrap("dev");
  }, 300_000);
  afterAll(async () => {
    iam.destroy();
    await aws.stop();
  });

  const folder = () => join(aws.folder, "synth/stacks/infra");
  /** Writes the root. @param patch what an override has. */
  function write(resource: object, patch: object = {}): StackJson {
    const provider = { aws: [{ region: aws.client.region, s3_use_path_style: true }] };
    const backend = stateBackend(loadConfig({ env: "dev" }));
    writeApplication(join(aws.folder, "synth"), backend, [{ name: "infra", blocks: { provider, resource } }]);
    const file = join(folder(), "cdk.tf.json");
    const root = JSON.parse(readFileSync(file, "utf8"));
    root.terraform.required_providers = { aws: { source: "hashicorp/aws", version: AWS_PROVIDER } };
    writeFileSync(file, JSON.stringify(overridden(root, patch as JsonObject)));
    return root;
  }
  const cali = (command: string, ...more: string[]) =>
    aws.cali(command, "--env", "dev", "--synth-dir", join(aws.folder, "synth"), ...more);
  const deploy = (...more: string[]) =>
    cali("deploy", "infra", "--replan", "--out", join(aws.folder, "deploy"), ...more);
  async function terraform(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await run("terraform", words, { cwd: folder(), env: aws.env });
    expect(code, stdout + stderr).toBe(0);
    return stdout;
  }
  const held = async () => (await terraform("state", "list")).trim().split("\n").sort();
  const destroyed = async () =>
    (await aws.changes()).changes.filter((one) => /DeleteTopic|DELETE \/cali-dev-copies/.test(one));

  it(`what CALI never made is not destroyed, and may be forgotten (besides: ${KINDS})`, async () => {
    write({ ...OWN, ...FOREIGN });
    const made = await deploy();
    expect(made.code, made.stdout + made.stderr).toBe(0);

    write(OWN);
    const planned = await cali("plan", "infra", "--out", join(aws.folder, "plans"), "--comment");
    expect(planned.code, planned.stdout + planned.stderr).toBe(0);
    expect(planned.stdout).toContain(`**CALI never made these ${addressesOf(FOREIGN).length} objects**`);
    const refused = await deploy("--allow-data-loss");
    expect(refused.code).toBe(1);
    for (const address of addressesOf(FOREIGN)) expect(refused.stdout + refused.stderr).toContain(address);
    expect(await held()).toEqual([...addressesOf(OWN), ...addressesOf(FOREIGN)].sort());
    expect(await destroyed()).toEqual([]);

    const state = JSON.parse(await terraform("state", "pull"));
    const more = { ...state, serial: state.serial + 1, resources: [...state.resources, ...ENTRIES] };
    writeFileSync(join(aws.folder, "more.tfstate"), JSON.stringify(more));
    await terraform("state", "push", join(aws.folder, "more.tfstate"));
    const { resources } = parseStateFile(JSON.stringify(more), "more.tfstate");
    const { patch, left } = forgotten(
      resources.filter(({ type }) => !(type in OWN)),
      write(OWN),
    );
    expect(left).toEqual([]);
    write(OWN, patch);
    const forgets = await deploy();
    expect(forgets.code, forgets.stdout + forgets.stderr).toBe(0);
    expect(await held()).toEqual(addressesOf(OWN));
    expect(await destroyed()).toEqual([]);
  }, 1_200_000);

  it("rights that somebody adds to a role are drift, an attached policy and one that is put inline", async () => {
    write(OWN);
    const made = await deploy();
    expect(made.code, made.stdout + made.stderr).toBe(0);
    const added = async () => {
      const { stdout, stderr } = await cali("drift", "--json");
      const { findings } = JSON.parse(stdout) as { findings: { kind: string; address: string }[] };
      expect(
        findings.filter(({ kind }) => kind === "failed"),
        stdout + stderr,
      ).toEqual([]);
      return findings.filter(({ kind }) => kind === "added-rights");
    };
    expect(await added()).toEqual([]);
    const PolicyArn = "arn:aws:iam::aws:policy/AdministratorAccess";
    const role = { RoleName: ROLE };
    await iam.send(new AttachRolePolicyCommand({ ...role, PolicyArn }));
    await iam.send(
      new PutRolePolicyCommand({
        ...{ ...role, PolicyName: "everything" },
        PolicyDocument: policy("*", { Resource: "*" }),
      }),
    );
    const found = await added();
    expect(JSON.stringify(found)).toContain(PolicyArn);
    expect(JSON.stringify(found)).toContain("everything");
    expect(new Set(found.map(({ address }) => address))).toEqual(new Set(["aws_iam_role.consumer"]));
    await iam.send(new DetachRolePolicyCommand({ ...role, PolicyArn }));
    await iam.send(new DeleteRolePolicyCommand({ ...role, PolicyName: "everything" }));
    expect(await added()).toEqual([]);
  }, 1_200_000);
});
