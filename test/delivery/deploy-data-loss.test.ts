import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eachWithDeploys, SHARDS, statuses, stream } from "../support/deploys.ts";
import type { ChangeInput } from "../support/plans.ts";

const ALLOWED = "Allowed only with the label allow-data-loss on the pull request, or --allow-data-loss.";

/** What users have in the same root. */
const FOREIGN = [
  "aws_sns_topic.alerts",
  'aws_s3_bucket.copies["a"]',
  "helm_release.milvus",
  "kubernetes_namespace_v1.airflow",
  "opensearch_index_template.logs",
  "null_resource.hook[0]",
  'module.queues.aws_sqs_queue.this["a"]',
  "module.more.aws_kinesis_stream.logs",
];

const deploys = eachWithDeploys();

describe("the loss of data", () => {
  const RETENTION: ChangeInput = {
    actions: ["update"],
    before: { retention_period: 168 },
    after: { retention_period: 24 },
  };
  const KEY: ChangeInput = {
    address: 'aws_eks_access_entry.team["ann"]',
    actions: ["delete"],
    before: {},
    more: { action_reason: "delete_because_each_key" },
  };
  const UNPROTECTED: ChangeInput = {
    address: "aws_s3_bucket.x",
    actions: ["update"],
    before: { force_destroy: false },
    after: { force_destroy: true },
  };

  it.each([
    [
      "is destroyed",
      stream("delete"),
      "aws_kinesis_stream.logs would be destroyed, and with it records that are not consumed yet.",
    ],
    [
      "is replaced",
      stream("create", "delete"),
      "aws_kinesis_stream.logs would be replaced, and with it records that are not consumed yet.",
    ],
    [
      "gets smaller",
      RETENTION,
      "aws_kinesis_stream.logs: retention_period would change from 168 to 24, and with it goes: records that are older than the new retention.",
    ],
    [
      "leaves for_each",
      KEY,
      'aws_eks_access_entry.team["ann"] would be destroyed, since its key is no longer in for_each.',
    ],
  ])("is refused unless it is allowed: what %s", async (_, change, problem) => {
    const stacks = [
      deploys().terraform.stack({ name: "01-first", changes: [SHARDS, change] }),
      deploys().terraform.stack({ name: "02-second", dependencies: ["01-first"] }),
    ];
    expect(statuses(await deploys().deployed(stacks))).toEqual([
      ["01-first", "refused", `01-first: ${problem} ${ALLOWED}`],
      ["02-second", "skipped", "not deployed: 01-first is refused"],
    ]);
    expect(deploys().applies()).toEqual([]);
    expect(statuses(await deploys().deployed(stacks, { allowDataLoss: true }))).toMatchObject([
      ["01-first", "applied"],
      ["02-second", "unchanged"],
    ]);
  });

  it.each(FOREIGN)("is refused in the shared state unless its own label allows it: %s", async (address) => {
    const change: ChangeInput = { address, actions: ["delete"], before: { id: "1" } };
    const [stack, other] = ["infra", "02-s3"].map((name) =>
      deploys().terraform.stack({ name, changes: [change] }),
    );
    writeFileSync(join(stack?.folder ?? "", "cdk.tf.json"), "{}");
    const loss = { allowDataLoss: true };
    expect(statuses(await deploys().deployed([stack as never], loss))).toEqual([
      [
        "infra",
        "refused",
        `infra: ${address} would be destroyed, and CALI never made it: cali switch --hcl takes it along, and \`removed\` in the overrides forgets it. Allowed only with the label allow-foreign-destroy on the pull request, or --allow-foreign-destroy.`,
      ],
    ]);
    expect(deploys().applies()).toEqual([]);
    expect(statuses(await deploys().deployed([stack as never], { ...loss, allowForeign: true }))).toEqual([
      ["infra", "applied"],
    ]);
    // A state of CALI's alone has nothing of others.
    expect(statuses(await deploys().deployed([other as never], loss))).toEqual([["02-s3", "applied"]]);
  });

  it("is told of everything at once, in a line each", async () => {
    const stack = deploys().terraform.stack({ name: "01-first", changes: [stream("delete"), KEY] });
    const [[, , reason = ""] = []] = statuses(await deploys().deployed([stack]));
    expect(reason.split("\n")).toHaveLength(2);
  });

  it("is not what only takes a protection away", async () => {
    const stack = deploys().terraform.stack({ name: "01-first", changes: [UNPROTECTED] });
    expect(statuses(await deploys().deployed([stack]))).toEqual([["01-first", "applied"]]);
  });
});
