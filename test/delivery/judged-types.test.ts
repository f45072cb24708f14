import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { holdsData } from "../../delivery/core/plan-json/data-loss.ts";
import { ROOT } from "../support/run.ts";
import { resourcesOf, synthesizeEnvironment } from "../support/synth.ts";

/** Types whose objects an apply makes again as they were: why nothing is gone with them for good. */
const COMES_BACK: Readonly<Record<string, string>> = {
  aws_cloudwatch_log_resource_policy:
    "a policy, from the code; meanwhile the domain's own logs are not written",
  aws_ecr_lifecycle_policy: "a rule, from the code; without it more is kept",
  aws_eks_access_entry: "access, from the code",
  aws_eks_access_policy_association: "access, from the code",
  aws_eks_addon: "programs of the cluster; volumes stay with their claims",
  aws_eks_node_group:
    "machines; pods start on others, volumes stay, and lines wait in the pods' files or are gone with the node",
  aws_eks_pod_identity_association: "access, from the code",
  aws_iam_openid_connect_provider: "trust, from the code",
  aws_iam_policy: "rights, from the code",
  aws_iam_role: "rights, from the code",
  aws_iam_role_policies_exclusive: "a list, from the code",
  aws_iam_role_policy: "rights, from the code",
  aws_iam_role_policy_attachment: "rights, from the code",
  aws_iam_role_policy_attachments_exclusive: "a list, from the code",
  aws_kms_alias: "a name; the key stays",
  aws_launch_template: "settings, from the code",
  aws_s3_bucket_lifecycle_configuration: "rules, from the code; without them more is kept",
  aws_s3_bucket_policy: "a policy, from the code",
  aws_s3_bucket_public_access_block: "a setting, from the code",
  aws_s3_bucket_server_side_encryption_configuration: "a setting; what is there stays encrypted as it was",
  aws_s3_bucket_versioning: "a setting; versions that are there stay",
  kubernetes_config_map_v1: "texts, from the code",
  kubernetes_cron_job_v1: "a schedule, from the code",
  kubernetes_deployment_v1: "pods without volumes of their own",
  kubernetes_network_policy_v1: "rules, from the code",
  kubernetes_pod_disruption_budget_v1: "a rule, from the code",
  kubernetes_role_binding_v1: "rights, from the code",
  kubernetes_role_v1: "rights, from the code",
  kubernetes_secret_v1: "values that the pipeline gives at each apply",
  kubernetes_service_account_v1: "a name, from the code",
  kubernetes_service_v1: "an address in the cluster; clients look it up again",
  kubernetes_storage_class_v1: "settings; volumes that it made stay",
};

const ENVIRONMENTS = ["dev", "prod", "terraform-users"];
const synthesized = new Set(
  ENVIRONMENTS.flatMap((env) => resourcesOf(synthesizeEnvironment(env)).map(({ type }) => type)),
);
const stateSchema = z.object({ resources: z.array(z.object({ mode: z.string(), type: z.string() })) });
const { resources } = stateSchema.parse(
  JSON.parse(readFileSync(join(ROOT, "test/fixtures/legacy/terraform.tfstate"), "utf8")),
);
const ofUsers = new Set(resources.filter(({ mode }) => mode === "managed").map(({ type }) => type));
const types = [...new Set([...synthesized, ...ofUsers])].sort();

describe("every type of resource is judged: its objects hold data, or come back", () => {
  it.each(types)("%s", (type) => {
    expect([holdsData(type), type in COMES_BACK]).toEqual(holdsData(type) ? [true, false] : [false, true]);
  });

  it("and no other", () => {
    expect(types.length).toBeGreaterThan(40);
    expect(Object.keys(COMES_BACK).filter((type) => !types.includes(type))).toEqual([]);
  });
});
