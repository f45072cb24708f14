import { expect, it } from "vitest";
import { SEED } from "../src/cause/knowledge/seed.ts";
import { mentionIn } from "../src/cause/signature/mention.ts";
import { Signatures } from "../src/cause/signature/signatures.ts";

const SIGNATURES = new Signatures(SEED.map((known) => ({ ...known, of: known.name })));
const found = (text: string) => SIGNATURES.find(text).find(({ against }) => against === undefined)?.of;

it.each([
  'docs: explain what "deadlock detected" means',
  "ticket OPS-12: upstream prematurely closed connection while reading response header from upstream",
  "a customer reports that jwt expired is shown at the checkout",
  'see the runbook for "sorry, too many clients already"',
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

it("answers an error in quotes, with a word of support in its name, and in a trace of many lines", () => {
  expect(found('payment-support: save failed: "deadlock detected"')).toBe("deadlock");
  expect(
    found("recovered panic in handler\njava.lang.OutOfMemoryError: Java heap space\nat\nserver died"),
  ).toBe("heap-out-of-memory-java");
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
  const own = SEED.flatMap(({ patterns }) => patterns).filter((pattern) => mentionIn(pattern) !== undefined);
  expect(own.length).toBeLessThan(20);
});
