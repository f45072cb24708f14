import { expect, it } from "vitest";
import { seed } from "../src/cause/knowledge/seed.ts";
import { mentionIn } from "../src/cause/signature/mention.ts";
import { Signatures } from "../src/cause/signature/signatures.ts";

const SIGNATURES = new Signatures(seed().map((known) => ({ ...known, of: known.name })));
const found = (text: string) => SIGNATURES.find(text).find(({ against }) => against === undefined)?.of;

it.each([
  'docs: explain what "deadlock detected" means',
  "ticket OPS-12: upstream prematurely closed connection while reading response header from upstream",
  "a customer reports that jwt expired is shown at the checkout",
  'user searched for "deadlock detected" (14 results)',
  'see the runbook for "sorry, too many clients already"',
  'OPS-1812 [Resolved] "MySQL server has gone away" in the nightly export',
  "commit 7f3a9c: handle read ECONNRESET in the client",
  "has anybody seen Java heap space lately?",
  'test "maps MySQL server has gone away to a retry" passed in 12 ms',
])("does not answer what only speaks of an error: %s", (line) => {
  expect(mentionIn(line)).toBe("it speaks of an error");
  expect(found(line)).toBeUndefined();
});

it.each([
  "recovered from: connection reset by peer",
  "retry succeeded: read ECONNRESET at the first try",
  "alert deadlock detected resolved after 12 minutes",
  "0 errors: no deadlock detected",
  'checked 12 logs, no "No space left on device" in any',
  "slow query log is off",
])("does not answer what is over or was not found: %s", (line) => {
  expect(mentionIn(line)).toBe("it says that an error is over");
  expect(found(line)).toBeUndefined();
});

it.each([
  'alert: PodOOMKilled  expr: kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1  for: 1m',
  'throw new TokenExpiredError("jwt expired");',
  'raise OperationalError("server closed the connection unexpectedly")',
  'return res.status(401).json({ error: "jwt expired" });',
  "if (error.code === 'ECONNREFUSED') { retry(); }",
  "} catch (OutOfMemoryError e) { // Java heap space",
  "errors.Is(err, context.DeadlineExceeded)",
  'http_requests_errors{code="503",reason="no healthy upstream"} 0',
  "rescue ActiveRecord::RecordNotUnique => e",
  "@ExceptionHandler(OptimisticLockException.class)",
  'logger.error("deadlock detected", exc_info=True)',
  'errors.New("context deadline exceeded")',
  'when "28P01" then "password authentication failed"',
  'panic("send on closed channel") // never happens',
  "-- deadlock detected: retry in the application",
  'help: "no space left on device" is shown when the disk is full',
  "  --ignore-expired  don't fail when the certificate has expired",
  "test_too_many_connections (tests.db.Test) ... ok",
  "too_many_connections_total 12",
  'Threshold for "too many open files" warnings set to 90 %',
])("does not answer code, help texts, tests' reports and metrics: %s", (line) => {
  expect(mentionIn(line)).toBe("it is code or a help text");
  expect(found(line)).toBeUndefined();
});

it.each([
  [`psycopg2.OperationalError('server closed the connection unexpectedly')`, "pg-connection-lost"],
  ["panic: send on closed channel", "go-closed-channel"],
  ["Error: for key 12: connect ECONNREFUSED 10.0.0.1:8080", "node-econnrefused"],
])("answers an exception as its language shows it: %s", (line, name) => {
  expect(mentionIn(line)).toBeUndefined();
  expect(found(line)).toBe(name);
});

it("answers a proxy that counts, and then quotes what was asked for", () => {
  const line = '503 UH no_healthy_upstream - "-" 0 19 0 "GET /v1/items HTTP/1.1"';
  expect(mentionIn(line)).toBeUndefined();
  expect(found(line)).toBe("envoy-upstream");
});

it("answers what Kafka says of a commit of offsets", () => {
  expect(found("Commit failed: Broker: Not coordinator")).toBe("kafka-coordinator");
  expect(found("commit 7f3a9c: deadlock detected")).toBeUndefined();
});

it("takes no value for a negation, and leaves out which call of Prisma's it was", () => {
  expect(found("ERROR: column orders.note does not exist")).toBe("pg-undefined-column");
  expect(
    found(
      "Invalid `prisma.order.findMany()` invocation in\n/app/src/orders.ts:12:31\n\nThe column `orders.note` does not exist in the current database.",
    ),
  ).toBe("pg-undefined-column");
});

it("answers an error in quotes, with a word of support in its name, and in a trace of many lines", () => {
  expect(found('payment-support: save failed: "deadlock detected"')).toBe("deadlock");
  expect(
    found("recovered panic in handler\njava.lang.OutOfMemoryError: Java heap space\nat\nserver died"),
  ).toBe("heap-out-of-memory-java");
});

it("answers an error below the line of code that raised it", () => {
  const raised = "    raise SSLError(e, request=request)";
  const error =
    "requests.exceptions.SSLError: [SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure (_ssl.c:600)";
  expect(found(`${raised}\n${error}`)).toBe("tls-handshake");
  expect(found(`${raised}\n    raise OperationalError("deadlock detected")`)).toBeUndefined();
});

it("takes an exception's name for itself, and not for what its words say", () => {
  expect(found("java.nio.file.AccessDeniedException: /var/lib/app/state.db")).toBe("linux-permission-denied");
  expect(found("access denied to floor 3")).toBeUndefined();
  expect(found("java.io.IOException: Broken pipe")).toBe("spring-broken-pipe");
  expect(found("the pipe in the cellar is a broken pipe")).toBeUndefined();
  expect(found("MemoryError")).toBe("python-memory-error");
  expect(found("memory")).toBeUndefined();
});

it("leaves nearly all patterns be", () => {
  const own = seed()
    .flatMap(({ patterns }) => patterns)
    // A missing attribute is what one known error is.
    .filter((pattern) => !pattern.includes("has no attribute") && mentionIn(pattern) !== undefined);
  expect(own.length).toBeLessThan(20);
});
