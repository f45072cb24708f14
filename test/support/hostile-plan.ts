import { type ChangeInput, change, planJson } from "./plans.ts";

/** A plan with something in every part of a comment, in which `text(n)` is the n-th string. */
export function hostilePlanText(text: (n: number) => string): string {
  const address = (n: number) => `aws_x.y["${text(n)}"]`;
  const object = (n: number) => ({
    [text(n)]: text(n + 1),
    list: [text(n + 2), { [text(n + 3)]: text(n + 4) }],
  });
  const document = (n: number) => JSON.stringify({ Statement: [object(n), object(n + 5)] });
  const changes: ChangeInput[] = [
    { address: address(0), actions: ["create"], after: { a: object(1), policy: document(10) } },
    { address: address(20), actions: ["update"], before: { p: document(21) }, after: { p: document(31) } },
    {
      address: address(41),
      actions: ["delete"],
      before: { id: text(42), ...object(43) },
      more: { action_reason: text(48) },
    },
    {
      address: address(50),
      actions: ["delete", "create"],
      before: object(51),
      after: object(56),
      change: { replace_paths: [["list"]] },
    },
    { address: address(61), actions: ["no-op"], change: { importing: { id: text(62) } } },
    { address: address(63), actions: ["no-op"], more: { previous_address: text(64) } },
    { address: address(65), actions: ["forget"], before: object(66) },
    {
      address: address(71),
      actions: ["delete"],
      more: { type: "aws_s3_bucket", deposed: text(72) },
      before: { name: text(73) },
    },
    { address: address(74), actions: ["update"], before: { tags: object(75) }, after: { tags: object(80) } },
    {
      address: address(100),
      actions: ["update"],
      more: { type: "aws_kinesis_stream" },
      before: { retention_period: 48 },
      after: { retention_period: 24 },
    },
    {
      address: address(101),
      actions: ["create"],
      after: { policy: JSON.stringify({ Statement: [{ Sid: text(102), Effect: "Allow", Principal: "*" }] }) },
    },
    {
      address: address(103),
      actions: ["delete"],
      more: { type: "aws_iam_user" },
      before: { name: text(104) },
    },
    {
      address: address(105),
      actions: ["update"],
      before: { manifest: `kind: ${JSON.stringify(text(106))}\nvalue: 1\n` },
      after: { manifest: `kind: ${JSON.stringify(text(106))}\nvalue: 2\n` },
    },
  ];
  const output = (n: number) => ({
    actions: ["update"],
    before: text(n),
    after: object(n + 1),
    before_sensitive: false,
    after_sensitive: false,
  });
  return JSON.stringify(
    planJson(changes, {
      checks: [
        {
          address: { kind: "check", to_display: text(110) },
          status: "fail",
          instances: [{ problems: [{ message: text(111) }] }],
        },
      ],
      diagnostics: [{ severity: "warning", summary: `warns ${text(112)}`, detail: `of ${text(113)}` }],
      action_invocations: [
        {
          address: address(114),
          type: text(115),
          config_values: object(116),
          config_sensitive: {},
          lifecycle_action_trigger: {
            triggering_resource_address: address(121),
            action_trigger_event: text(122),
          },
        },
      ],
      deferred_changes: [
        { reason: text(123), resource_change: change({ address: address(124), actions: ["create"] }) },
      ],
      resource_drift: [
        change({
          address: address(74),
          actions: ["update"],
          before: { tags: object(85) },
          after: { tags: object(75) },
        }),
      ],
      output_changes: Object.fromEntries([[text(90), output(91)]]),
    }),
  );
}
