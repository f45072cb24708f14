import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StateBackend } from "../../config/state-backend.ts";
import { NOTHING, plan } from "../../delivery/commands/bootstrap/plan.ts";
import { cliCommand, shellScript } from "../../delivery/commands/bootstrap/script.ts";
import { parsePolicy, type Statement } from "../../delivery/core/state-backend/policy.ts";
import type { ActualBucket, ActualTable, Step } from "../../delivery/core/state-backend/step.ts";
import {
  ARN,
  actual,
  after,
  bucket,
  completed,
  DESIRED,
  desired,
  KEY,
  meaning,
  OTHER_KEY,
  REGION,
  retention,
  strength,
  TLS_ONLY,
  table,
} from "./bootstrap-model.ts";

describe("plan", () => {
  it("carried out, leaves nothing to do", () => {
    fc.assert(
      fc.property(desired, actual, (desired, actual) => {
        expect(plan(desired, completed(desired, actual)).steps).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("cut off after any step, is finished by the next one", () => {
    fc.assert(
      fc.property(desired, actual, fc.nat(9), (desired, actual, cut) => {
        const half = plan(desired, actual).steps.slice(0, cut).reduce(after, actual);
        const whole = completed(desired, half);
        expect(whole).toEqual(completed(desired, actual));
      }),
      { numRuns: 500 },
    );
  });

  it("gives every bucket and table what a state needs", () => {
    fc.assert(
      fc.property(desired, actual, (desired, actual) => {
        const { bucket, table } = completed(desired, actual);
        expect(bucket).toMatchObject({
          versioning: "Enabled",
          ownership: "BucketOwnerEnforced",
          publicAccessBlock: {
            BlockPublicAcls: true,
            IgnorePublicAcls: true,
            BlockPublicPolicy: true,
            RestrictPublicBuckets: true,
          },
        });
        expect(bucket && strength(bucket)).toBeGreaterThanOrEqual(desired.kmsKeyArn ? 2 : 1);
        expect(bucket?.policy?.Statement.length).toBeGreaterThan(0);
        expect(table).toMatchObject({ kms: true, pointInTimeRecovery: true, deletionProtection: true });
      }),
    );
  });

  it("weakens, removes and replaces nothing", () => {
    fc.assert(
      fc.property(desired, bucket, table, (desired, bucket, table) => {
        const now = completed(desired, { bucket, table });
        const then = now.bucket as ActualBucket;
        expect(strength(then)).toBeGreaterThanOrEqual(strength(bucket));
        const key = bucket.encryption?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
        if (key) expect(then.encryption).toEqual(bucket.encryption);
        if (bucket.encryption) {
          expect(then.encryption?.BlockedEncryptionTypes).toEqual(bucket.encryption.BlockedEncryptionTypes);
        }
        const statements = bucket.policy?.Statement ?? [];
        expect(then.policy?.Statement.slice(0, statements.length)).toEqual(statements);
        if (bucket.policy) {
          expect(then.policy).toMatchObject({ Version: bucket.policy.Version, Id: "theirs" });
        }
        expect(then.lifecycle.slice(0, bucket.lifecycle.length).map(meaning)).toEqual(
          bucket.lifecycle.map(meaning),
        );
        expect(then.transitionDefaultMinimumObjectSize).toBe(bucket.transitionDefaultMinimumObjectSize);
        for (const key of ["infra/terraform.tfstate", "logs/x", "x/y"]) {
          expect(retention(then, key)).toBeGreaterThanOrEqual(Math.min(retention(bucket, key), 365));
          // Where somebody decided how long history is kept, it is kept as long as they said.
          if (bucket.lifecycle.some((r) => r.Status === "Enabled" && r.NoncurrentVersionExpiration)) {
            expect(retention(then, key)).toBe(retention(bucket, key));
          }
        }
        if (bucket.mfaDelete) expect(then.lifecycle).toEqual(bucket.lifecycle);
        expect(now.table?.billing).toBe(table.billing);
      }),
      { numRuns: 500 },
    );
  });

  it("never asks S3 for a lifecycle of both kinds of prefix, which it refuses", () => {
    fc.assert(
      fc.property(bucket, (bucket) => {
        for (const step of plan(DESIRED, { bucket, table: null }).steps) {
          if (step.operation !== "PutBucketLifecycleConfiguration") continue;
          for (const rule of step.input.LifecycleConfiguration?.Rules ?? []) {
            expect(rule.Filter).toBeDefined();
            expect(rule).not.toHaveProperty("Prefix");
          }
        }
      }),
    );
  });
});

describe("a new bucket", () => {
  const input = (desired: StateBackend, operation: Step["operation"]) =>
    plan(desired, NOTHING).steps.find((step) => step.operation === operation)?.input;

  it("names its region, but in us-east-1, where S3 refuses that", () => {
    expect(input(DESIRED, "CreateBucket")).toMatchObject({
      CreateBucketConfiguration: { LocationConstraint: REGION },
    });
    expect(input({ ...DESIRED, region: "us-east-1" }, "CreateBucket")).toEqual({
      Bucket: DESIRED.bucket,
      ObjectOwnership: "BucketOwnerEnforced",
    });
  });

  it("is encrypted as the configuration says", () => {
    const encryption = (kmsKeyArn: string | null) => input({ ...DESIRED, kmsKeyArn }, "PutBucketEncryption");
    expect(encryption(null)).toMatchObject({
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
    });
    expect(encryption(KEY)).toMatchObject({
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: KEY },
            BucketKeyEnabled: true,
          },
        ],
      },
    });
  });

  it("is closed before anything else, and keeps versions before it has rules for them", () => {
    expect(plan(DESIRED, NOTHING).steps.map(({ operation }) => operation)).toEqual([
      "CreateBucket",
      "PutPublicAccessBlock",
      "PutBucketEncryption",
      "PutBucketVersioning",
      "PutBucketPolicy",
      "PutBucketLifecycleConfiguration",
      "CreateTable",
      "UpdateContinuousBackups",
    ]);
  });

  it("cannot be encrypted by a key of another region", () => {
    expect(() => plan({ ...DESIRED, region: "us-east-1", kmsKeyArn: KEY }, NOTHING)).toThrow(
      `state.kmsKeyArn: given ${KEY}; allowed: a key in the bucket's region us-east-1`,
    );
  });
});

describe("an existing policy", () => {
  const complete = completed(DESIRED, NOTHING);
  const planned = (Statement: Statement[]) => {
    const bucket = { ...(complete.bucket as ActualBucket), policy: { Version: "2012-10-17", Statement } };
    const step = plan(DESIRED, { ...complete, bucket }).steps[0];
    return step?.operation === "PutBucketPolicy" ? parsePolicy(step.input.Policy, "x").Statement : undefined;
  };

  it("gets the missing statement after its own", () => {
    const theirs: Statement = { Sid: "Team", Effect: "Allow", Action: "s3:GetObject" };
    expect(planned([theirs])).toEqual([theirs, TLS_ONLY]);
  });

  it.each<[string, Statement]>([
    ["under another Sid", { ...TLS_ONLY, Sid: "AllowSSLRequestsOnly" }],
    ["in other words", { ...TLS_ONLY, Principal: { AWS: ["*"] }, Action: ["S3:*"], Resource: "*" }],
    ["with a boolean", { ...TLS_ONLY, Condition: { Bool: { "aws:SECURETRANSPORT": [false] } } }],
  ])("that refuses plain HTTP %s stays as it is", (_, statement) => {
    expect(planned([statement])).toBeUndefined();
  });

  it.each<[string, Partial<Statement>]>([
    ["some people", { Principal: { AWS: "arn:aws:iam::123456789012:root" } }],
    ["some requests", { Action: ["s3:PutObject"] }],
    ["some objects", { Resource: [`${ARN}/logs/*`] }],
    ["objects and not the bucket", { Resource: [`${ARN}/*`] }],
    ["one more condition", { Condition: { ...TLS_ONLY.Condition, Null: { "aws:SourceVpce": "true" } } }],
    ["requests WITH TLS", { Condition: { Bool: { "aws:SecureTransport": "true" } } }],
    ["nobody", { Effect: "Allow" }],
  ])("whose statement of that name refuses %s keeps it and gets ours beside it", (_, narrower) => {
    const theirs = { ...TLS_ONLY, ...narrower };
    expect(planned([theirs])).toEqual([theirs, { ...TLS_ONLY, Sid: "TlsOnly2" }]);
  });

  it("of one statement without a list, as S3 takes it too, is read", () => {
    const text = JSON.stringify({ Version: "2012-10-17", Statement: TLS_ONLY });
    expect(parsePolicy(text, "x").Statement).toEqual([TLS_ONLY]);
  });

  it.each(["", "null", "[]", '{"Statement":[{"Effect":"Maybe"}]}'])(
    "%s is no policy, and the error says so",
    (text) => {
      expect(() => parsePolicy(text, "my-states")).toThrow(/policy of bucket my-states cannot be read/);
    },
  );
});

describe("what is said about an existing bucket", () => {
  const complete = completed(DESIRED, NOTHING);
  const planned = (bucket: Partial<ActualBucket>, desired = DESIRED) =>
    plan(desired, { ...complete, bucket: { ...(complete.bucket as ActualBucket), ...bucket } });
  const everything = { Status: "Enabled" as const, Filter: { Prefix: "" } };

  it("is nothing when it is as it should be", () => {
    expect(planned({})).toEqual({ steps: [], kept: [], warnings: [] });
  });

  it("names stricter encryption that stays", () => {
    const encryption = {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID: OTHER_KEY },
    };
    expect(planned({ encryption })).toMatchObject({ steps: [], kept: [expect.stringContaining("aws:kms")] });
    expect(planned({ encryption }, { ...DESIRED, kmsKeyArn: KEY })).toMatchObject({
      steps: [],
      kept: [expect.stringContaining(OTHER_KEY)],
    });
  });

  it("warns of a rule that deletes history early, and of one that deletes states", () => {
    const { steps, warnings } = planned({
      lifecycle: [
        { ID: "tidy", ...everything, NoncurrentVersionExpiration: { NoncurrentDays: 30 } },
        { ID: "purge", ...everything, Expiration: { Days: 90 } },
        { ID: "tagged", ...everything, Filter: { Tag: { Key: "a", Value: "b" } }, Expiration: { Days: 1 } },
        { ID: "off", ...everything, Status: "Disabled", Expiration: { Days: 1 } },
      ],
    });
    expect(warnings).toEqual([
      expect.stringMatching(/"tidy" deletes old versions after 30 days/),
      expect.stringMatching(/"purge" deletes by age whatever is under ""/),
    ]);
    expect(steps.map(({ does }) => does)).toEqual([
      "unfinished uploads go after 7 days (the rules that are there stay)",
    ]);
  });

  it("names the rules of ours that somebody disabled", () => {
    const lifecycle = complete.bucket?.lifecycle.map((rule) => ({ ...rule, Status: "Disabled" as const }));
    expect(planned({ lifecycle })).toMatchObject({
      steps: [],
      kept: [
        'lifecycle rule "expire-old-versions" stays disabled',
        'lifecycle rule "abort-unfinished-uploads" stays disabled',
      ],
    });
  });

  it("names a lock table's provisioned capacity, which stays", () => {
    const table: ActualTable = { ...(complete.table as ActualTable), billing: "PROVISIONED" };
    expect(plan(DESIRED, { ...complete, table })).toMatchObject({
      steps: [],
      kept: [expect.stringContaining("provisioned capacity")],
    });
  });
});

describe("the printed commands", () => {
  it("name operations and options as the AWS CLI does", () => {
    const commands = plan(DESIRED, NOTHING).steps.map((step) => cliCommand(step, REGION));
    expect(commands.map((words) => words.slice(0, 3).join(" "))).toEqual([
      "aws s3api create-bucket",
      "aws s3api put-public-access-block",
      "aws s3api put-bucket-encryption",
      "aws s3api put-bucket-versioning",
      "aws s3api put-bucket-policy",
      "aws s3api put-bucket-lifecycle-configuration",
      "aws dynamodb create-table",
      "aws dynamodb update-continuous-backups",
    ]);
    expect(commands[6]).toEqual(
      expect.arrayContaining(["--sse-specification", '{"Enabled":true,"SSEType":"KMS"}']),
    );
    expect(commands[6]?.at(-1)).toBe("--deletion-protection-enabled");
  });

  it("quote what a shell would read otherwise", () => {
    const desired = { ...DESIRED, lockTable: "it's; rm -rf $HOME `x`" };
    expect(shellScript(desired, plan(desired, NOTHING))).toContain(
      "--table-name 'it'\\''s; rm -rf $HOME `x`' --attribute-definitions",
    );
  });
});
