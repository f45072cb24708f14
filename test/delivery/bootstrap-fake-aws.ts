import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The account that the credentials belong to. */
export const ACCOUNT = "123456789012";

export interface FakeBucket {
  owner: string;
  region: string;
  /** Bodies as they were put, by subresource: `versioning`, `policy`, … */
  readonly settings: Map<string, string>;
  /** What TransitionDefaultMinimumObjectSize was put with the lifecycle; S3 takes its default when it is left out. */
  transitionSize: string;
}

/** A DynamoDB table, as DescribeTable shows it, and whether it can be restored to a point in time. */
export interface FakeTable {
  description: Record<string, unknown>;
  pointInTimeRecovery: boolean;
}

/** An error that the server answers with, in place of doing what it was asked. */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message?: string;
}

interface Reply {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

const SETTINGS = {
  versioning: { name: "BucketVersioning", missing: undefined },
  encryption: {
    name: "BucketEncryption",
    missing: "ServerSideEncryptionConfigurationNotFoundError",
  },
  publicAccessBlock: { name: "PublicAccessBlock", missing: "NoSuchPublicAccessBlockConfiguration" },
  ownershipControls: { name: "BucketOwnershipControls", missing: "OwnershipControlsNotFoundError" },
  policy: { name: "BucketPolicy", missing: "NoSuchBucketPolicy" },
  lifecycle: { name: "BucketLifecycleConfiguration", missing: "NoSuchLifecycleConfiguration" },
} as const;
type Setting = keyof typeof SETTINGS;

const OWNERSHIP =
  "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>";

/** STS, S3 and DynamoDB on a socket, as far as the bootstrap asks them; what moto doesn't check (owner, region) included. */
export class FakeAws {
  readonly buckets = new Map<string, FakeBucket>();
  readonly tables = new Map<string, FakeTable>();
  /** Whether a table that is made or changed is not ACTIVE at once, but for the second one who asks. */
  slowTables = false;
  /** Operations in the order in which they came. */
  readonly requests: string[] = [];
  /** Asked before each request: an answer in place of the work. */
  fault: (operation: string) => Fault | undefined = () => undefined;
  private readonly server = createServer((request, response) => void this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((started) => this.server.listen(0, "127.0.0.1", started));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((stopped) => this.server.close(stopped));
  }

  /** The operations that change something. */
  get changes(): string[] {
    return this.requests.filter((operation) => /^(Create|Put|Update|Delete)/.test(operation));
  }

  addBucket(name: string, { owner = ACCOUNT, region = "ap-northeast-2" } = {}): FakeBucket {
    const bucket = { owner, region, settings: new Map(), transitionSize: "all_storage_classes_128K" };
    this.buckets.set(name, bucket);
    return bucket;
  }

  addTable(name: string, description: Record<string, unknown> = {}): FakeTable {
    const table: FakeTable = {
      description: {
        TableName: name,
        TableStatus: "ACTIVE",
        KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
        ...description,
      },
      pointInTimeRecovery: false,
    };
    this.tables.set(name, table);
    return table;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const target = request.headers["x-amz-target"];
    const isS3 = (request.headers.authorization ?? "").includes("/s3/aws4_request");
    const reply = isS3
      ? this.s3(request, body)
      : typeof target === "string"
        ? this.dynamodb(target.split(".").at(-1) ?? "", body)
        : this.sts();
    response.writeHead(reply.status, { "x-amzn-requestid": "req-1", ...reply.headers });
    response.end(request.method === "HEAD" ? undefined : reply.body);
  }

  private sts(): Reply {
    const fault = this.record("GetCallerIdentity");
    if (fault) {
      const { status, code, message = "" } = fault;
      return {
        status,
        body: `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      };
    }
    return {
      status: 200,
      body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::${ACCOUNT}:user/dev</Arn><UserId>U</UserId><Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    };
  }

  private s3(request: IncomingMessage, body: string): Reply {
    const url = new URL(request.url ?? "/", "http://s3");
    const name = url.pathname.replaceAll("/", "");
    const bucket = this.buckets.get(name);
    const region = /\/\d{8}\/([^/]+)\/s3\//.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const setting = (Object.keys(SETTINGS) as Setting[]).find((key) => url.searchParams.has(key));
    const verb = { GET: "Get", PUT: setting ? "Put" : "Create", HEAD: "Head" }[request.method ?? ""] ?? "?";
    const fault = this.record(`${verb}${setting ? SETTINGS[setting].name : "Bucket"}`);
    if (fault) return s3Error(fault.status, fault.code, fault.message);

    if (verb === "Create") return this.createBucket(name, region, request, body);
    if (!bucket) return s3Error(404, verb === "Head" ? "NotFound" : "NoSuchBucket");
    const headers = { "x-amz-bucket-region": bucket.region };
    if (bucket.region !== region) return { ...s3Error(301, "PermanentRedirect"), headers };
    if (bucket.owner !== request.headers["x-amz-expected-bucket-owner"]) {
      return { ...s3Error(403, "AccessDenied"), headers };
    }
    if (!setting) return { status: 200, headers };
    if (verb === "Put") {
      bucket.settings.set(setting, body);
      if (setting === "lifecycle") {
        bucket.transitionSize = String(
          request.headers["x-amz-transition-default-minimum-object-size"] ?? "all_storage_classes_128K",
        );
      }
      return { status: setting === "policy" ? 204 : 200 };
    }
    const { missing } = SETTINGS[setting];
    const kept = bucket.settings.get(setting);
    if (kept === undefined && missing) return s3Error(404, missing);
    return {
      status: 200,
      body: kept ?? "<VersioningConfiguration/>",
      headers: { "x-amz-transition-default-minimum-object-size": bucket.transitionSize },
    };
  }

  private createBucket(name: string, region: string, request: IncomingMessage, body: string): Reply {
    const existing = this.buckets.get(name);
    if (existing)
      return s3Error(409, existing.owner === ACCOUNT ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists");
    const constraint = /<LocationConstraint>(.*)<\/LocationConstraint>/.exec(body)?.[1];
    if (constraint === "us-east-1") return s3Error(400, "InvalidLocationConstraint");
    if ((constraint ?? "us-east-1") !== region) return s3Error(400, "IllegalLocationConstraintException");
    const bucket = this.addBucket(name, { region });
    if (request.headers["x-amz-object-ownership"] === "BucketOwnerEnforced") {
      bucket.settings.set("ownershipControls", OWNERSHIP);
    }
    return { status: 200 };
  }

  private dynamodb(operation: string, body: string): Reply {
    const fault = this.record(operation);
    if (fault) return dynamodbError(fault.status, fault.code, fault.message);
    const input = JSON.parse(body);
    const table = this.tables.get(input.TableName);
    if (operation === "CreateTable") {
      if (table) return dynamodbError(400, "ResourceInUseException");
      const { BillingMode, SSESpecification, ...description } = input;
      const made = this.addTable(input.TableName, {
        ...description,
        TableStatus: this.slowTables ? "CREATING" : "ACTIVE",
        BillingModeSummary: { BillingMode },
        ...(SSESpecification?.Enabled && { SSEDescription: { Status: "ENABLED", SSEType: "KMS" } }),
      });
      return json({ TableDescription: made.description });
    }
    if (!table) return dynamodbError(400, "ResourceNotFoundException");
    switch (operation) {
      case "DescribeTable": {
        const reply = json({ Table: table.description });
        // The next one who asks finds the work done.
        if (["CREATING", "UPDATING"].includes(String(table.description.TableStatus))) {
          table.description.TableStatus = "ACTIVE";
        }
        return reply;
      }
      case "UpdateTable": {
        if (table.description.TableStatus !== "ACTIVE") return dynamodbError(400, "ResourceInUseException");
        const { SSESpecification, DeletionProtectionEnabled } = input;
        if (SSESpecification) table.description.SSEDescription = { Status: "ENABLED", SSEType: "KMS" };
        if (DeletionProtectionEnabled) table.description.DeletionProtectionEnabled = true;
        if (this.slowTables) table.description.TableStatus = "UPDATING";
        return json({ TableDescription: table.description });
      }
      case "UpdateContinuousBackups":
        table.pointInTimeRecovery = input.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled;
        return json({});
      case "DescribeContinuousBackups":
        return json({
          ContinuousBackupsDescription: {
            PointInTimeRecoveryDescription: {
              PointInTimeRecoveryStatus: table.pointInTimeRecovery ? "ENABLED" : "DISABLED",
            },
          },
        });
      default:
        return dynamodbError(400, "UnknownOperationException", operation);
    }
  }

  private record(operation: string): Fault | undefined {
    this.requests.push(operation);
    return this.fault(operation);
  }
}

function s3Error(status: number, code: string, message = code): Reply {
  return { status, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` };
}

function dynamodbError(status: number, code: string, message = code): Reply {
  return { status, body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message }) };
}

function json(body: object): Reply {
  return { status: 200, body: JSON.stringify(body) };
}
