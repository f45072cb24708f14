import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlanKeyError, SealError } from "../../delivery/core/errors.ts";
import { seal, unseal } from "../../delivery/core/seal/container.ts";
import { planKey } from "../../delivery/core/seal/key.ts";

const key = randomBytes(32);

describe("a sealed bundle", () => {
  it("opens to what was sealed", () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), (header, content) => {
        const opened = unseal(seal({ header, content }, key), key);
        expect(Buffer.from(opened.content).equals(content)).toBe(true);
        expect(opened.header).toBe(Buffer.from(header).toString());
      }),
    );
  });

  it("doesn't open with one bit changed, wherever, nor cut off, nor with another key", () => {
    const sealed = seal({ header: '{"commit":"a"}', content: Buffer.from("plan") }, key);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => unseal(changed, key)).toThrow(SealError);
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => unseal(sealed.subarray(0, length), key)).toThrow(SealError);
    }
    expect(() => unseal(sealed, randomBytes(32))).toThrow(SealError);
  });

  it("shows nothing of its content", () => {
    const sealed = seal({ header: "", content: Buffer.from("the-password") }, key);
    expect(sealed.includes("the-password")).toBe(false);
  });
});

describe("CALI_PLAN_KEY", () => {
  it("is 32 bytes as base64", () => {
    expect(planKey({ CALI_PLAN_KEY: `${key.toString("base64")}\n` }).equals(key)).toBe(true);
  });

  it.each([
    undefined,
    "",
    "short",
    randomBytes(31).toString("base64"),
    `${randomBytes(31).toString("base64")}!`,
  ])("is not %j", (given) => {
    const read = () => planKey({ CALI_PLAN_KEY: given });
    expect(read).toThrow(PlanKeyError);
    if (given) expect(read).not.toThrow(given);
  });
});
