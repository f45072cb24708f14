import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redact } from "../src/redact/redact.ts";
import { PLAIN_LINES, SECRET_LINES } from "./support/secrets.ts";

describe("redact", () => {
  it("is tried on 240 different lines at least", () => {
    expect(new Set(SECRET_LINES.map(({ line }) => line)).size).toBeGreaterThanOrEqual(240);
  });

  it.each(SECRET_LINES.map(({ line, secret }) => [line, secret]))(
    "leaves nothing of the secret in %j",
    (line, secret) => {
      const redacted = redact(line);
      expect(redacted).not.toContain(secret);
      // Nor of the greater part of it.
      expect(redacted).not.toContain(secret.slice(Math.floor(secret.length / 3)));
      expect(redacted).toMatch(/<[a-z-]+>/);
    },
  );

  it.each(PLAIN_LINES)("leaves %j as it is", (line) => {
    expect(redact(line)).toBe(line);
  });

  it("leaves nothing of any of them, whatever stands around", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SECRET_LINES),
        fc.constantFrom("", "at 10:00 ", "{}; ", "x\n"),
        fc.constantFrom("", ".", ", then more", "\n\tat x.y(z:1)"),
        ({ line, secret }, before, after) => {
          expect(redact(`${before}${line}${after}`)).not.toContain(secret);
        },
      ),
    );
  });

  it("says what was there, and keeps what the key was", () => {
    expect(redact("mail to kim@example.com, password=abc123, from 10.0.0.1")).toBe(
      "mail to <email>, password=<secret>, from <ip>",
    );
  });

  it("changes nothing the second time", () => {
    for (const { line } of SECRET_LINES) {
      const once = redact(line);
      expect(redact(once)).toBe(once);
    }
  });

  it.each([
    "a",
    "1",
    "1 ",
    "-",
    "@",
    "a@",
    "a.",
    "password=",
    "eyJ",
    "://",
    "a:",
    "::",
    "+1 ",
    "0x",
    "-----BEGIN ",
    "DE89 ",
    "é",
    "Bearer ",
    "Cookie: ",
    "Cookie: a=b; ",
    "password is ",
    "password ",
    "--password ",
    "1-",
    "010 ",
    "ip-1",
    "비밀번호",
    "OTP ",
    "jdbc:oracle:thin:a/",
    "a:b@",
    "%40",
  ])("is quick on %j over and over", (piece) => {
    const hostile = piece.repeat(Math.ceil(100_000 / piece.length));
    const before = performance.now();
    redact(hostile);
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});
