import { expect, it } from "vitest";
import { seed } from "../src/cause/knowledge/seed.ts";
import { Signatures } from "../src/cause/signature/signatures.ts";

const known = new Signatures(seed().map(({ name, entry: _, ...known }) => ({ ...known, of: name })));
const knownAs = (text: string) => known.find(text).find(({ against }) => against === undefined)?.of;

it.each([
  // What is left of a pattern without what varies says no more than an errno's text.
  "Could not open file /var/lib/queue/shards/17.log: no such file or directory",
  "fatal: open database /etc/mail/virtual.db: No such file or directory",
  "Failed to connect to the host via ssh: Permission denied (publickey,password).",
  // Another product's, in the same words.
  "googleapi: Error 404: The specified bucket does not exist., notFound",
  "Code: 60. DB::Exception: Table default.clicks doesn't exist. (UNKNOWN_TABLE)",
  "Too many connections from /10.4.0.9 - max is 60",
  "RuntimeError: CUDA out of memory. Tried to allocate 1.50 GiB (GPU 0; 15.78 GiB total capacity)",
  "server returned HTTP status 429 Too Many Requests (429): Ingestion rate limit exceeded for user fake",
  "The server is busy. Please reduce your request rate.",
  // S3's condition of any writer, and what any caller of AWS makes twice, are not Terraform's.
  "api error PreconditionFailed: At least one of the pre-conditions you specified did not hold",
  "An error occurred (BucketAlreadyExists) when calling the CreateBucket operation: The requested bucket name is not available.",
  // A column, another API's refusal and Commons Lang's breaker are named as Slack's and Elasticsearch's errors are.
  "jsonschema.exceptions.ValidationError: 'is_archived' is a required property",
  "HubSpot API error: missing_scope: This app hasn't been granted all required scopes",
  "org.apache.commons.lang3.concurrent.CircuitBreakingException: Circuit breaker is open",
  // Another cause than that of the entry that comes near.
  "panic: runtime error: makeslice: len out of range",
  "error: You must be logged in to the server (Unauthorized)",
  "Error: Saved plan is stale",
])("nothing known is made of %s", (text) => {
  expect(knownAs(text)).toBeUndefined();
});

it.each([
  ["/usr/bin/env: 'bash\\r': No such file or directory", "container-entrypoint"],
  ["exec /app/start: no such file or directory", "container-entrypoint"],
  ["Amazon.S3.AmazonS3Exception: The specified bucket does not exist", "s3-no-such-bucket"],
  ["An error occurred (ThrottlingException) when calling the Put operation: Rate exceeded", "aws-throttling"],
  ["Error 1146 (42S02): Table 'shop.orders' doesn't exist", "mysql-no-such-table"],
  ["redis.exceptions.ConnectionError: Too many connections", "redis-pool-exhausted"],
  ["Slack notification failed: is_archived", "slack-channel"],
  ["slack: missing_scope", "slack-auth"],
  ["Kafka::MessageSizeTooLarge: Kafka::MessageSizeTooLarge", "kafka-too-large"],
  ["<0.812.0> missed heartbeats from client, timeout: 60s", "rabbitmq-connection-lost"],
  ["jwt.exceptions.InvalidIssuerError: Invalid issuer", "jwt-issuer"],
  ["jwt.exceptions.InvalidAudienceError: Audience doesn't match", "jwt-audience"],
  ['ERROR: new row violates row-level security policy for table "orders"', "pg-row-level-security"],
  ["ERROR: permission denied for table orders", "pg-permission-denied"],
])("%s is still known as %s", (text, name) => {
  expect(knownAs(text)).toBe(name);
});
