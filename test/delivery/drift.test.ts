import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changeComment, changeSince } from "../../delivery/commands/drift/change.ts";
import { digestOf, type Finding, findingText, NOTHING } from "../../delivery/commands/drift/finding.ts";
import { MARKER_BYTES, type Marker, markerLine, readMarker } from "../../delivery/commands/drift/marker.ts";
import { type KnownRole, type PrivilegesLook, rolesOf } from "../../delivery/commands/drift/privileges.ts";
import { renderDrift } from "../../delivery/commands/drift/render.ts";
import { driftReport, type StatesLook } from "../../delivery/commands/drift/report.ts";
import { type Holding, sameObjects } from "../../delivery/commands/drift/same-object.ts";
import { holdingsOfState } from "../../delivery/commands/drift/states.ts";
import type { StackReport } from "../../delivery/core/report/report.ts";
import { hostileText } from "../support/hostile.ts";
import { makePlan, PLANS, planOf } from "../support/plans.ts";
import { COMMIT, plannedStack, REPOSITORY } from "../support/reports.ts";

const reportOf = (stacks: readonly StackReport[], states?: StatesLook) =>
  driftReport({
    environment: "dev",
    commit: COMMIT,
    stacks,
    links: undefined,
    states,
    privileges: states && [],
  });
const textsOf = (findings: readonly Finding[]) =>
  findings.map(({ kind, words }) => `${kind}: ${findingText(words, (value) => value)}`);
const found = (...stacks: StackReport[]) => textsOf(reportOf(stacks).findings);
const failed = (name: string, reason = "no such cluster"): StackReport => ({
  name,
  status: "failed",
  reason,
});

describe("rights that were added to roles", () => {
  const object = (type: string, name: string, attributes: object) => ({
    address: `${type}.${name}`,
    actions: ["no-op"],
    before: attributes,
    after: attributes,
  });
  const role = object("aws_iam_role", "consumer", { name: "consumer-role" });
  const inline = object("aws_iam_role_policy", "consumer", { role: "consumer-role", name: "permissions" });
  const attachment = object("aws_iam_role_policy_attachment", "consumer", {
    role: "consumer-role",
    policy_arn: "arn:a",
  });

  it("are looked for in each role, by the policies of all states", () => {
    const stacks = [
      plannedStack(makePlan([role, inline]), "06-iam"),
      plannedStack(makePlan([attachment]), "05-eks"),
    ];
    expect(rolesOf(stacks)).toEqual([
      {
        stack: "06-iam",
        address: "aws_iam_role.consumer",
        name: "consumer-role",
        attached: new Set(["arn:a"]),
        inline: new Set(["permissions"]),
      },
    ]);
  });

  it("are left to the plan where a role's policies are exclusive, of both kinds", () => {
    const exclusive = (type: string) => object(type, "consumer", { role_name: "consumer-role" });
    const policies = exclusive("aws_iam_role_policies_exclusive");
    const attachments = exclusive("aws_iam_role_policy_attachments_exclusive");
    const of = (...resources: (typeof role)[]) => rolesOf([plannedStack(makePlan([role, ...resources]))]);
    expect(of(policies, attachments)).toEqual([]);
    expect(of(policies)).toHaveLength(1);
    expect(of(attachments)).toHaveLength(1);
  });

  it("are not said to be gone when IAM was not asked", () => {
    const right = {
      role: rolesOf([plannedStack(makePlan([role]))])[0] as KnownRole,
      attached: ["arn:b"],
      inline: [],
    };
    const make = (privileges: PrivilegesLook) =>
      driftReport({
        environment: "dev",
        commit: COMMIT,
        stacks: [plannedStack(makePlan([role]))],
        links: undefined,
        states: [],
        privileges,
      });
    const before = make([right]);
    expect(textsOf(before.findings)).toEqual([
      "added-rights: aws_iam_role.consumer in infra has a policy that the code doesn't give it",
    ]);
    expect(before.findings[0]?.lines).toEqual(["+ attached arn:b"]);
    const marker = { ...before, url: "" } as unknown as Marker;
    expect(changeComment(marker, make({ failed: "AccessDenied" }))).toContain("**Not looked at this time**");
    expect(changeComment(marker, make([{ ...right, attached: ["arn:c"] }]))).toContain(
      "**Other than before**",
    );
  });
});

describe("what is found in a plan", () => {
  it("is what was changed outside Git, and no noise", () => {
    expect(found(plannedStack(planOf("drift")))).toEqual([
      "outside: aws_ecr_repository.consumer in infra was changed outside Git: a deployment would set it back",
      "outside: aws_kinesis_stream.logs in infra was changed outside Git: a deployment would set it back",
    ]);
    expect(found(plannedStack(planOf("no-op")))).toEqual([]);
  });

  it("is what main says and nobody deployed, and what nobody says any more", () => {
    expect(found(plannedStack(planOf("moved")))).toEqual([expect.stringMatching(/^pending: .* from /)]);
    expect(found(plannedStack(planOf("import")))).toHaveLength(4);
    expect(found(plannedStack(planOf("forget")))).toContainEqual(
      expect.stringMatching(/^not-in-code: .*: a deployment would forget it$/),
    );
    expect(found(plannedStack(planOf("replace")))).toContainEqual(
      expect.stringMatching(/^pending: .*: a deployment would replace it$/),
    );
  });

  it("distinguishes drift from what is not deployed where both are in one object", () => {
    const address = "aws_kinesis_stream.logs";
    const drift = { address, actions: ["update"], before: { a: 1, b: 1 }, after: { a: 2, b: 1 } };
    const more = {
      resource_drift: makeDrift(drift),
    };
    const onlyDrift = makePlan([{ address, actions: ["update"], before: { a: 2 }, after: { a: 1 } }], more);
    expect(found(plannedStack(onlyDrift))).toEqual([expect.stringMatching(/^outside/)]);
    const both = makePlan(
      [{ address, actions: ["update"], before: { a: 2, b: 1 }, after: { a: 1, b: 3 } }],
      more,
    );
    expect(found(plannedStack(both))).toEqual([
      expect.stringMatching(/^outside/),
      expect.stringMatching(/^pending/),
    ]);
    const gone = makePlan([{ address, actions: ["create"], after: { a: 1 } }], {
      resource_drift: makeDrift({ address, actions: ["delete"], before: { a: 1 } }),
    });
    expect(found(plannedStack(gone))).toEqual([
      `outside: ${address} in infra is gone: a deployment would make it anew`,
    ]);
    const replaced = makePlan(
      [{ address, actions: ["delete", "create"], before: { a: 2 }, after: { a: 1 } }],
      more,
    );
    expect(found(plannedStack(replaced))).toEqual([
      `outside: ${address} in infra was changed outside Git: a deployment would replace it`,
    ]);
  });

  it("has no secret", () => {
    const { findings } = reportOf([plannedStack(planOf("sensitive"))]);
    expect(findings).toHaveLength(1);
    expect(JSON.stringify(findings)).toContain("(sensitive)");
  });

  it("is the same in the next run, but not when something else is found", () => {
    const digest = (...stacks: StackReport[]) => reportOf(stacks).digest;
    const digests = PLANS.map((name) => digest(plannedStack(planOf(name))));
    expect(PLANS.map((name) => digest(plannedStack(planOf(name))))).toEqual(digests);
    expect(new Set(digests).size).toBe(PLANS.length);
    expect(digests[PLANS.indexOf("no-op")]).toBe(NOTHING);
    // Errors have times and numbers of requests in them.
    expect(digest(failed("01-kinesis", "at 10:00"))).toBe(digest(failed("01-kinesis", "at 11:00")));
    expect(digest(failed("01-kinesis"))).not.toBe(digest(failed("02-s3")));
    // Read by another process: what is kept of a secret there is another, and no part of it.
    expect(["drift", "sensitive"].map((name) => digests[PLANS.indexOf(name)])).toMatchInlineSnapshot(`
      [
        "952c07983849a863ea9f92413426d6079c01f4ec144db2aa7acb8f67ddf3e864",
        "acadbfa09dfd313e02e36b9033978fe6dd76eb1d4c06e4fcd0992f2f961619dc",
      ]
    `);
  });

  it("has the same digest in whatever order", () => {
    const findings = reportOf([plannedStack(planOf("create"))]).findings;
    fc.assert(
      fc.property(fc.shuffledSubarray([...findings], { minLength: findings.length }), (shuffled) => {
        expect(digestOf(shuffled)).toBe(digestOf(findings));
      }),
      { numRuns: 20 },
    );
  });

  it("says of stacks that wait nothing, and of those that failed why", () => {
    const waiting: StackReport = {
      name: "13-consumer",
      status: "waiting",
      waitsFor: [],
      reason: "waiting for an image",
    };
    const { findings } = reportOf([waiting, failed("01-kinesis")]);
    expect(textsOf(findings)).toEqual(["failed: 01-kinesis could not be planned"]);
    expect(findings[0]?.lines).toEqual(["no such cluster"]);
  });
});

function makeDrift(input: Parameters<typeof makePlan>[0][number]) {
  return [
    {
      address: input.address,
      mode: "managed",
      type: "aws_kinesis_stream",
      name: "logs",
      change: {
        actions: input.actions,
        before: input.before ?? null,
        after: input.after ?? null,
        before_sensitive: false,
        after_sensitive: false,
      },
    },
  ];
}

it("reads as it should", async () => {
  const state = JSON.stringify({
    version: 4,
    resources: [
      {
        mode: "managed",
        type: "aws_s3_bucket",
        name: "logs",
        instances: [{ attributes: { id: "cali-logs-123456789012" } }],
      },
    ],
  });
  const key = "infra/terraform.tfstate";
  const forget = planOf("forget");
  const report = driftReport({
    environment: "dev",
    commit: COMMIT,
    stacks: [
      plannedStack(planOf("drift"), "01-kinesis"),
      // Only what changes: the plans of the fixtures are of one state.
      plannedStack(
        { ...forget, resources: forget.resources.filter(({ action }) => action === "forget") },
        "05-eks",
      ),
      plannedStack(planOf("import"), "07-ecr"),
      { name: "12-log-generator", status: "waiting", waitsFor: [], reason: "waiting for an image" },
      failed("13-consumer", "terraform plan ended with 1:\nError: Invalid provider configuration"),
    ],
    links: { repository: REPOSITORY, run: `${REPOSITORY}/actions/runs/4711` },
    states: [{ key, holdings: holdingsOfState(key, state) }],
    privileges: [
      {
        role: {
          stack: "06-iam",
          address: "aws_iam_role.consumer",
          name: "cali-dev-consumer-role",
          attached: new Set(),
          inline: new Set(["permissions"]),
        },
        attached: ["arn:aws:iam::aws:policy/AdministratorAccess"],
        inline: [],
      },
    ],
    runs: [
      {
        ...{ runId: 4702, workflow: "terraform.yml", job: "deploy (dev)", commit: "d".repeat(40) },
        ...{ waitsFor: "approval", since: "2026-01-21T14:03:59Z" },
        url: `${REPOSITORY}/actions/runs/4702`,
      },
    ],
    now: Date.parse("2026-01-25T03:17:00Z"),
  });
  const golden = join(import.meta.dirname, "../fixtures/comments/drift-issue.md");
  await expect(`${renderDrift(report)}\n`).toMatchFileSnapshot(golden);
});

describe("one object in two states", () => {
  const holding = (place: string, type: string, attributes: Record<string, string>): Holding => ({
    stack: place,
    address: `${type}.x`,
    type,
    attributes: new Map(Object.entries(attributes)),
  });
  const same = (type: string, ...attributes: Record<string, string>[]) =>
    textsOf(sameObjects(attributes.map((one, place) => holding(`0${place}-stack`, type, one))));

  it("is found for every object of a real state, and nowhere within one", () => {
    for (const name of PLANS) {
      const kinds = reportOf([plannedStack(planOf(name))]).findings.map(({ kind }) => kind);
      expect(kinds, name).not.toContain("same-object");
    }
    const twice = reportOf([plannedStack(planOf("no-op"), "a"), plannedStack(planOf("no-op"), "b")]);
    expect(twice.findings).toHaveLength(
      planOf("no-op").resources.filter(({ mode }) => mode === "managed").length,
    );
    expect(textsOf(twice.findings)).toContain(
      'same-object: aws_s3_bucket "cali-logs-123456789012" is held by aws_s3_bucket.logs in a and by aws_s3_bucket.logs in b',
    );
  });

  it("is not what has the same id in another place", () => {
    const arn = (group: string) => `arn:aws:logs:ap-northeast-2:123456789012:log-group:${group}:log-stream:s`;
    expect(same("aws_cloudwatch_log_stream", { id: "s", arn: arn("a") }, { id: "s", arn: arn("b") })).toEqual(
      [],
    );
    expect(same("helm_release", { id: "x", namespace: "a" }, { id: "x", namespace: "b" })).toEqual([]);
    expect(same("helm_release", { id: "x", namespace: "a" }, { id: "x", namespace: "a" })).toHaveLength(1);
    expect(same("random_password", { id: "none" }, { id: "none" })).toEqual([]);
    expect(same("aws_x", { id: "" }, { id: "" }, {})).toEqual([]);
  });

  it("is found between versions of a provider, of which only one says the region", () => {
    const one = { id: "vpc-1", region: "us-east-1" };
    expect(same("aws_vpc", one, { id: "vpc-1" })).toHaveLength(1);
    expect(same("aws_vpc", one, { id: "vpc-1", region: "us-west-2" })).toEqual([]);
  });

  it("is found where the provider makes up another id for each state", () => {
    const attachment = (id: string, role = "r") => ({ id, role, policy_arn: "arn:aws:iam::aws:policy/p" });
    expect(same("aws_iam_role_policy_attachment", attachment("r-1"), attachment("r-2"))).toEqual([
      'same-object: aws_iam_role_policy_attachment "r" "arn:aws:iam::aws:policy/p" is held by aws_iam_role_policy_attachment.x in 00-stack and by aws_iam_role_policy_attachment.x in 01-stack',
    ]);
    expect(same("aws_iam_role_policy_attachment", attachment("r-1"), attachment("q-1", "q"))).toEqual([]);
  });

  it("is no object that a state is only about to import, and no data source", () => {
    const held = makePlan([{ actions: ["no-op"], before: { id: "x" }, after: { id: "x" } }]);
    const importing = makePlan([
      { actions: ["no-op"], before: { id: "x" }, after: { id: "x" }, change: { importing: { id: "x" } } },
    ]);
    const data = makePlan([
      { actions: ["no-op"], before: { id: "x" }, after: { id: "x" }, more: { mode: "data" } },
    ]);
    for (const plan of [importing, data]) {
      const kinds = reportOf([plannedStack(held, "a"), plannedStack(plan, "b")]).findings.map(
        ({ kind }) => kind,
      );
      expect(kinds).not.toContain("same-object");
    }
  });
});

describe("a state that no stack has", () => {
  const state = (resources: unknown) => JSON.stringify({ version: 4, resources });
  const instance = { attributes: { id: "x", arn: "arn:x", password: "hunter2" } };

  it("gives up its objects' addresses and identities, and nothing else", () => {
    const holdings = holdingsOfState(
      "stacks/09-left/terraform.tfstate",
      state([
        {
          mode: "managed",
          module: 'module.m["a"]',
          type: "aws_x",
          name: "y",
          instances: [
            { ...instance, index_key: "k" },
            { ...instance, deposed: "0" },
          ],
        },
        { mode: "data", type: "aws_x", name: "z", instances: [instance] },
        {
          mode: "managed",
          type: "aws_x",
          name: "secret",
          instances: [{ ...instance, sensitive_attributes: [[{ type: "get_attr", value: "id" }]] }],
        },
      ]),
    );
    expect(holdings.map(({ address }) => address)).toEqual(['module.m["a"].aws_x.y["k"]', "aws_x.secret"]);
    expect(holdings[0]?.attributes).toEqual(
      new Map([
        ["id", "x"],
        ["arn", "arn:x"],
      ]),
    );
    expect(textsOf(sameObjects(holdings))).toEqual([]);
    const again = holdings.map((one) => ({ ...one, stack: "other" }));
    const texts = textsOf(sameObjects([...holdings, ...again]));
    expect(texts).toHaveLength(2);
    expect(texts[0]).toContain("aws_x (sensitive) is held by aws_x.secret in other");
  });

  it.each(["", "no", "[]", '{"version":3}', '{"version":4,"resources":[{"mode":"managed"}]}'])(
    "is refused in plain words when it is none: %j",
    (text) => {
      expect(() => holdingsOfState("stacks/x/terraform.tfstate", text)).toThrow(
        /^stacks\/x\/terraform.tfstate(: given no JSON| is no Terraform state of version 4)/,
      );
    },
  );

  it("is reported as a failure where the bucket cannot be looked through", () => {
    const { findings, areStatesKnown } = reportOf([], { failed: "s3:ListBucket: AccessDenied" });
    expect(textsOf(findings)).toEqual(["failed: The states' bucket could not be looked through"]);
    expect(findings[0]?.lines).toEqual(["s3:ListBucket: AccessDenied"]);
    expect(areStatesKnown).toBe(false);
  });
});

describe("the hidden marker", () => {
  const markerOf = (findings: Marker["findings"]): Marker => ({
    environment: "dev",
    digest: findings === undefined ? "0".repeat(64) : digestOf(findings),
    findings,
  });
  const finding = fc.record({
    kind: fc.constantFrom("outside" as const, "failed" as const),
    stack: hostileText,
    key: hostileText,
    fingerprint: fc.constantFrom("", "abc"),
  });

  it("keeps what was found, whatever it is called, on one line that nothing can end", () => {
    fc.assert(
      fc.property(fc.array(finding, { maxLength: 10 }), (findings) => {
        const line = markerLine(markerOf(findings));
        expect(line).toMatch(/^<!-- [\w: =-]+ -->\n$/);
        expect(readMarker(`${line}# Drift`)).toEqual(markerOf(findings));
      }),
      { numRuns: 50 },
    );
  });

  it("keeps only the digest of more than there is room for", () => {
    const many = Array.from({ length: 3_000 }, (_, place) => ({
      kind: "outside" as const,
      stack: "infra",
      key: `aws_x.y[${place}]`,
      fingerprint: digestOf([{ kind: "outside", stack: "", key: String(place), fingerprint: "" }]).slice(
        0,
        16,
      ),
    }));
    const line = markerLine(markerOf(many));
    expect(line.length).toBeLessThanOrEqual(MARKER_BYTES);
    expect(readMarker(line)).toEqual({ ...markerOf(many), findings: undefined });
  });

  it("is none when it stands elsewhere, and has no findings when somebody changed them", () => {
    const line = markerLine(markerOf([{ kind: "outside", stack: "a", key: "b", fingerprint: "c" }]));
    expect(readMarker(`> ${line}`)).toBeUndefined();
    expect(readMarker("<!-- cali:plan environment=dev state=changes run=1 -->")).toBeUndefined();
    const changed = line.replace(/findings=\S+/, "findings=AAAA");
    expect(readMarker(changed)).toMatchObject({ environment: "dev", findings: undefined });
  });
});

describe("what became of it", () => {
  it("is derived from the two digests", () => {
    expect(changeSince(undefined, NOTHING)).toBe("still-none");
    expect(changeSince(NOTHING, NOTHING)).toBe("still-none");
    expect(changeSince(undefined, "a")).toBe("found");
    expect(changeSince(NOTHING, "a")).toBe("found");
    expect(changeSince("a", "a")).toBe("same");
    expect(changeSince("a", "b")).toBe("changed");
    expect(changeSince("a", NOTHING)).toBe("gone");
  });

  it("is written with what is new, other, gone, and not looked at", () => {
    const before = reportOf([
      plannedStack(planOf("drift"), "01-kinesis"),
      plannedStack(planOf("import"), "02-s3"),
    ]);
    const marker: Marker = {
      environment: "dev",
      digest: before.digest,
      findings: before.findings.map((one) =>
        one.key === "aws_kinesis_stream.logs" ? { ...one, fingerprint: "another" } : one,
      ),
    };
    const left = planOf("drift");
    const now = reportOf([
      plannedStack(
        { ...left, drift: left.drift.filter(({ type }) => type === "aws_kinesis_stream") },
        "01-kinesis",
      ),
      failed("02-s3"),
    ]);
    expect(changeComment(marker, now)).toMatchInlineSnapshot(`
      "**The drift is another one**.

      **New**

      - \`02-s3\` could not be planned
      - \`aws_ecr_repository.consumer\` in \`01-kinesis\` is not as the code says: a deployment would change it

      **Other than before**

      - \`aws_kinesis_stream.logs\` in \`01-kinesis\` was changed outside Git: a deployment would set it back

      **No longer found**

      - Changed outside Git: \`aws_ecr_repository.consumer\` in \`01-kinesis\`

      **Not looked at this time**

      - In the code and not deployed: \`aws_ecr_lifecycle_policy.consumer\` in \`02-s3\`
      - In the code and not deployed: \`aws_ecr_lifecycle_policy.log_generator\` in \`02-s3\`
      - In the code and not deployed: \`aws_ecr_repository.consumer\` in \`02-s3\`
      - In the code and not deployed: \`aws_ecr_repository.log_generator\` in \`02-s3\`"
    `);
    expect(changeComment({ ...marker, findings: undefined }, now)).toContain("3 findings, which stand above");
  });
});
