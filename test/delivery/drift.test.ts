import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changeComment, changeSince } from "../../delivery/commands/drift/change.ts";
import { digestOf, NOTHING } from "../../delivery/commands/drift/finding.ts";
import { MARKER_BYTES, type Marker, markerLine, readMarker } from "../../delivery/commands/drift/marker.ts";
import { renderDrift } from "../../delivery/commands/drift/render.ts";
import { driftReport } from "../../delivery/commands/drift/report.ts";
import { holdingsOfState } from "../../delivery/commands/drift/states.ts";
import type { StackReport } from "../../delivery/core/report/report.ts";
import { failed, found, reportOf, textsOf } from "../support/drift.ts";
import { hostileText } from "../support/hostile.ts";
import { makePlan, PLANS, planOf } from "../support/plans.ts";
import { COMMIT, plannedStack, REPOSITORY } from "../support/reports.ts";
import { STATE } from "../support/state-bucket.ts";

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
    ...STATE,
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
