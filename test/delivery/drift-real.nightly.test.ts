import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { tierOf } from "../../stacks/registry.ts";
import { PYTHON_BIN } from "../support/moto.ts";
import { AWS_PROVIDER, RealAws, SKIPPED } from "../support/real-aws.ts";
import { run } from "../support/run.ts";

const policy = (action: string, more: object) =>
  `'${JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, ...more }] })}'`;
const BUCKET = "--bucket cali-dev-logs-123456789012";

/** What somebody types by hand in `dev`, by the address that drift has to name. */
const BY_HAND: Readonly<Record<string, string>> = {
  "aws_kinesis_stream.logs":
    "aws kinesis increase-stream-retention-period --stream-name cali-dev-logs-stream --retention-period-hours 48",
  "aws_s3_bucket_versioning.logs": `aws s3api put-bucket-versioning ${BUCKET} --versioning-configuration Status=Suspended`,
  "aws_s3_bucket_policy.logs": `aws s3api delete-bucket-policy ${BUCKET}`,
  "aws_s3_bucket_public_access_block.logs": `aws s3api delete-public-access-block ${BUCKET}`,
  "aws_ecr_repository.consumer":
    "aws ecr put-image-tag-mutability --repository-name cali-dev/consumer --image-tag-mutability MUTABLE",
  "aws_cloudwatch_log_group.firehose_to_s3":
    "aws logs put-retention-policy --log-group-name /aws/kinesisfirehose/cali-dev-to-s3 --retention-in-days 1",
  "aws_kms_key.eks_secrets": `aws kms disable-key-rotation --key-id "$(aws kms list-aliases --output text \
    --query "Aliases[?AliasName=='alias/cali-dev-eks-secrets'].TargetKeyId")"`,
  "aws_opensearch_domain.logs":
    "aws opensearch update-domain-config --domain-name cali-dev-logs --ebs-options EBSEnabled=true,VolumeType=gp3,VolumeSize=99",
  "aws_eks_addon.coredns": "aws eks delete-addon --cluster-name cali-dev-cluster --addon-name coredns",
  "aws_dynamodb_table.consumer":
    "aws dynamodb tag-resource --resource-arn arn:aws:dynamodb:ap-northeast-2:123456789012:table/cali-dev-consumer --tags Key=Owner,Value=somebody",
  "aws_iam_role.firehose": `aws iam update-assume-role-policy --role-name cali-dev-firehose-role --policy-document ${policy("sts:AssumeRole", { Principal: { AWS: "*" } })}`,
  "aws_iam_role.grafana":
    "aws iam tag-role --role-name cali-dev-grafana-role --tags Key=Owner,Value=somebody",
  "aws_iam_role_policy_attachments_exclusive.consumer":
    "aws iam attach-role-policy --role-name cali-dev-consumer-role --policy-arn arn:aws:iam::aws:policy/AdministratorAccess",
  "aws_iam_role_policies_exclusive.consumer": `aws iam put-role-policy --role-name cali-dev-consumer-role --policy-name more --policy-document ${policy("*", { Resource: "*" })}`,
};

describe.skipIf(!AWS_PROVIDER)(`01-07 with the real provider${SKIPPED}`, () => {
  const running: RealAws[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((aws) => aws.stop()));
  });

  async function deployed(name: string): Promise<RealAws> {
    const aws = await RealAws.start();
    running.push(aws);
    await aws.bootstrap(name);
    const first = await aws.cali("deploy", "--env", name, "--replan", "infrastructure");
    expect(first.code, first.stdout + first.stderr).toBe(0);
    const again = await aws.cali("plan", "--env", name, "infrastructure", "--detailed-exitcode");
    expect(again.code, again.stdout + again.stderr).toBe(0);
    return aws;
  }

  it("dev is made from nothing, and every change by hand is drift", { timeout: 120 * 60_000 }, async () => {
    const aws = await deployed("dev");
    const env = { ...aws.env, AWS_DEFAULT_REGION: "ap-northeast-2" };
    for (const [address, command] of Object.entries(BY_HAND)) {
      const { code, stderr } = await run("sh", ["-c", `PATH=${PYTHON_BIN}:$PATH; ${command}`], { env });
      expect(code, `${address}: ${stderr}`).toBe(0);
    }
    // What runs in the cluster needs one, and other providers.
    const synth = join(aws.folder, "infrastructure");
    cpSync(join(aws.checkout, ".cali/synth/dev"), synth, {
      recursive: true,
      filter: (path) => !path.endsWith("/.terraform"),
    });
    const manifest = JSON.parse(readFileSync(join(synth, "manifest.json"), "utf8"));
    manifest.stacks = Object.fromEntries(
      Object.entries(manifest.stacks).filter(([stack]) => tierOf(stack) === "aws"),
    );
    writeFileSync(join(synth, "manifest.json"), JSON.stringify(manifest));
    const { code, stdout, stderr } = await aws.cali("drift", "--env", "dev", "--synth-dir", synth, "--json");
    expect(code, stdout + stderr).toBe(0);
    const { findings } = JSON.parse(stdout) as { findings: { kind: string; address: string }[] };
    const told = findings.map(({ address }) => address);
    expect(told.filter((address) => address in BY_HAND).sort(), stdout).toEqual(Object.keys(BY_HAND).sort());
    // Nothing but these is drift.
    expect(told.filter((address) => !(address in BY_HAND))).toEqual([]);
  });

  it("prod is made from nothing, and then there is nothing to change", {
    timeout: 120 * 60_000,
  }, async () => {
    await deployed("prod");
  });
});
