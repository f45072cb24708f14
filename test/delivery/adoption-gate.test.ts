import { describe, expect, it } from "vitest";
import type { Adoption } from "../../config/adoption.ts";
import { moveLines, moveOf } from "../../delivery/core/adoption/gate.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";

const objects: Adoption["objects"] = [
  { stack: "02-s3", address: "aws_s3_bucket.logs", id: "cali-logs" },
  { stack: "07-ecr", address: "aws_ecr_repository.consumer", id: "cali/consumer" },
];
const adoption = (step: Adoption["step"], to: Adoption["to"] = "stacks"): Adoption => ({
  ...{ to, step, lineage: "l", objects },
});

interface Given {
  readonly address: string;
  readonly actions: readonly string[];
  readonly deposed?: string;
  readonly id?: string;
  readonly before?: object | null;
  readonly after?: object | null;
}

/** A plan of a stack, as Terraform shows it. */
function plan(stack: string, ...changes: readonly Given[]) {
  const text = JSON.stringify({
    format_version: "1.2",
    terraform_version: "1.11.4",
    complete: true,
    resource_changes: changes.map(({ address, actions, deposed, id, before = {}, after = {} }) => {
      const [type = "", name = ""] = address.split(".");
      const change = {
        ...{ actions, before, after, after_unknown: {}, before_sensitive: {}, after_sensitive: {} },
        ...(id !== undefined && { importing: { id } }),
      };
      const provider_name = "registry.terraform.io/hashicorp/aws";
      return { address, mode: "managed", type, name, provider_name, change, ...(deposed && { deposed }) };
    }),
  });
  return { stack, plan: parsePlan(text, stack) };
}

const BUCKET = "aws_s3_bucket.logs";
const IMAGES = "aws_ecr_repository.consumer";
const stays = (address: string): Given => ({ address, actions: ["no-op"] });
const comes = (address: string, id: string): Given => ({ address, actions: ["no-op"], id });
const goes = (address: string): Given => ({ address, actions: ["forget"], after: null });

describe("the gate of a move", () => {
  it("lets imports through, and the forgetting of what is imported", () => {
    const first = moveOf(adoption("import"), [
      plan("02-s3", comes(BUCKET, "cali-logs")),
      plan("07-ecr", comes(IMAGES, "cali/consumer")),
      plan("infra", stays(BUCKET), stays(IMAGES)),
    ]);
    expect(first).toMatchObject({
      imported: 2,
      there: 0,
      unseen: 0,
      forgotten: 0,
      inPlace: [],
      problems: [],
    });
    expect(moveLines(adoption("import"), first)).toEqual([
      "The move to stacks: 2 of 2 objects imported, 0 there already, 0 not planned, 0 forgotten; 0 changed in place; 0 created, 0 replaced, 0 destroyed",
    ]);
    const second = [plan("02-s3", stays(BUCKET)), plan("07-ecr", stays(IMAGES))];
    expect(moveOf(adoption("forget"), [...second, plan("infra", goes(BUCKET), goes(IMAGES))])).toMatchObject({
      ...{ imported: 0, there: 2, forgotten: 2, problems: [] },
    });
  });

  it("goes on with a half", () => {
    const half = [
      plan("02-s3", stays(BUCKET)),
      plan("07-ecr", comes(IMAGES, "cali/consumer")),
      plan("infra", stays(BUCKET), stays(IMAGES)),
    ];
    expect(moveOf(adoption("import"), half)).toMatchObject({ imported: 1, there: 1, problems: [] });
  });

  it("knows the address that a count gave", () => {
    const [bucket, images] = objects;
    if (!bucket || !images) throw new Error("no objects");
    const counted = { ...adoption("forget"), objects: [{ ...bucket, from: `${BUCKET}[0]` }, images] };
    const before = [plan("02-s3", stays(BUCKET)), plan("07-ecr", stays(IMAGES))];
    const forgets = plan("infra", goes(`${BUCKET}[0]`), goes(IMAGES));
    expect(moveOf(counted, [...before, forgets])).toMatchObject({ there: 2, forgotten: 2, problems: [] });
  });

  it("goes back", () => {
    const plans = [
      plan("infra", comes(BUCKET, "cali-logs"), comes(IMAGES, "cali/consumer")),
      plan("02-s3", stays(BUCKET)),
      plan("07-ecr", stays(IMAGES)),
    ];
    expect(moveOf(adoption("import", "shared"), plans)).toMatchObject({ imported: 2, problems: [] });
  });

  it("says what it did not see", () => {
    expect(moveOf(adoption("import"), [plan("02-s3", comes(BUCKET, "cali-logs"))])).toMatchObject({
      ...{ imported: 1, unseen: 1, problems: [] },
    });
  });

  it("lets a change through that an import cannot avoid, and says why", () => {
    const given = { ...comes(BUCKET, "cali-logs"), actions: ["update"] };
    const change = { ...given, before: { force_destroy: null }, after: { force_destroy: true } };
    expect(moveOf(adoption("import"), [plan("02-s3", change)])).toMatchObject({
      inPlace: [
        "02-s3: aws_s3_bucket.logs: force_destroy (not readable by an import; Terraform's own memory)",
      ],
      problems: [],
    });
  });

  const stack = "03-opensearch";
  const OPTION = "rest.action.multi.allow_explicit_index";
  /** An import of an object alone, with a change in place. */
  const changed = (address: string, before: object, after: object) =>
    moveOf({ ...adoption("import"), objects: [{ stack, address, id: "x" }] }, [
      plan(stack, { address, actions: ["update"], id: "x", before, after }),
    ]);

  it.each<[string, object, object, string]>([
    [
      "aws_opensearch_domain.logs",
      { advanced_options: {} },
      { advanced_options: { [OPTION]: "true" } },
      `advanced_options["${OPTION}"] (not readable by an import; AWS has that value already)`,
    ],
    [
      "aws_opensearch_domain.logs",
      { advanced_options: { other: "1" } },
      { advanced_options: { other: "1", override_main_response_version: "false" } },
      "advanced_options.override_main_response_version (not readable by an import; AWS has that value already)",
    ],
    [
      "aws_eks_cluster.main",
      { timeouts: null },
      { timeouts: { create: "90m", delete: null } },
      "timeouts.create (not readable by an import; Terraform's own memory)",
    ],
    [
      "aws_kinesis_stream.logs",
      { enforce_consumer_deletion: null },
      { enforce_consumer_deletion: true },
      "enforce_consumer_deletion (not readable by an import; Terraform's own memory)",
    ],
  ])("lets %s have what AWS or Terraform knows besides", (address, before, after, why) => {
    expect(changed(address, before, after)).toMatchObject({
      inPlace: [`${stack}: ${address}: ${why}`],
      problems: [],
    });
  });

  it.each<[object, object]>([
    [{ [OPTION]: "false" }, { [OPTION]: "true" }],
    [{}, { [OPTION]: "false" }],
    [{}, { "indices.query.bool.max_clause_count": "2048" }],
  ])("refuses another option of the domain: %j to %j", (before, after) => {
    const { problems } = changed(
      "aws_opensearch_domain.logs",
      { advanced_options: before },
      { advanced_options: after },
    );
    expect(problems).toEqual([expect.stringContaining("would change in place: advanced_options")]);
  });

  it.each<[string, Adoption["step"], ReturnType<typeof plan>[], string]>([
    [
      "creates",
      "import",
      [plan("02-s3", { address: BUCKET, actions: ["create"], before: null })],
      "02-s3: aws_s3_bucket.logs would be created",
    ],
    [
      "replaces",
      "import",
      [plan("02-s3", { ...comes(BUCKET, "cali-logs"), actions: ["delete", "create"] })],
      "02-s3: aws_s3_bucket.logs would be replaced",
    ],
    [
      "destroys",
      "forget",
      [plan("infra", { address: "aws_sqs_queue.mine", actions: ["delete"], after: null })],
      "infra: aws_sqs_queue.mine would be destroyed",
    ],
    [
      "changes what is not on the list",
      "import",
      [
        plan("02-s3", {
          ...comes(BUCKET, "cali-logs"),
          ...{ actions: ["update"], before: { tags: {} }, after: { tags: { a: "b" } } },
        }),
      ],
      "02-s3: aws_s3_bucket.logs would change in place: tags",
    ],
    [
      "imports another object",
      "import",
      [plan("02-s3", comes(BUCKET, "other"))],
      "02-s3: aws_s3_bucket.logs would be imported by other; allowed: cali-logs",
    ],
    [
      "imports what is not on the list",
      "import",
      [plan("02-s3", stays(BUCKET), comes("aws_s3_bucket.more", "x"))],
      "02-s3: aws_s3_bucket.more would be imported, and is not on the list",
    ],
    [
      "forgets what is not on the list",
      "forget",
      [plan("infra", goes("aws_sqs_queue.mine"))],
      "infra: aws_sqs_queue.mine would be forgotten, and is not on the list",
    ],
    [
      "forgets what a replacement has left",
      "forget",
      [plan("infra", goes(BUCKET), { ...goes(BUCKET), deposed: "0a1b2c3d" }), plan("02-s3", stays(BUCKET))],
      "infra: aws_s3_bucket.logs would be forgotten, and is not on the list",
    ],
    [
      "forgets first",
      "forget",
      [plan("infra", goes(BUCKET)), plan("02-s3", comes(BUCKET, "cali-logs"))],
      "infra: aws_s3_bucket.logs would be forgotten before 02-s3 has it",
    ],
    [
      "leaves one behind",
      "forget",
      [plan("infra", stays(BUCKET)), plan("02-s3", stays(BUCKET))],
      "infra: aws_s3_bucket.logs would be left there",
    ],
    ["misses one", "import", [plan("02-s3")], "02-s3: has no aws_s3_bucket.logs, which is to come there"],
  ])("refuses a plan that %s", (_, step, plans, problem) => {
    const move = moveOf(adoption(step), plans);
    expect(move.problems.join("\n")).toContain(problem);
    expect(moveLines(adoption(step), move).join("\n")).toContain("REFUSED");
  });
});
