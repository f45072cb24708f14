import fc from "fast-check";
import { expect, it } from "vitest";
import { createLog } from "../src/ops/log.ts";

function record(secrets: string[] = []) {
  const lines: string[] = [];
  const log = createLog({ level: "debug", secrets, destination: { write: (line) => void lines.push(line) } });
  return { log, lines };
}

it("writes JSON lines with the level's name, an ISO time and the error", () => {
  const { log, lines } = record();
  log.error({ err: new RangeError("too far"), shardId: "a" }, "it failed");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "error",
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    program: "cali-consumer",
    shardId: "a",
    msg: "it failed",
    err: { type: "RangeError", message: "too far" },
  });
});

it("never shows a webhook, a key, or a secret it was given", () => {
  const hidden = "https://hooks.slack.com/services/T0/B0/token";
  const { log, lines } = record(["http://proxy.internal/slack/other"]);
  log.info(
    { slack: { webhookUrl: hidden }, url: hidden, credentials: { secretAccessKey: "key" } },
    `to ${hidden}`,
  );
  log.warn({ err: new Error(`POST ${hidden} failed`) }, "at http://proxy.internal/slack/other now");
  expect(lines.join("")).not.toMatch(/token|B0|"key"|proxy/);
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
});

it("stays one JSON line, whatever text is in it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const { log, lines } = record();
      log.info({ text }, text);
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? "").msg).toBe(text);
    }),
    { numRuns: 30 },
  );
});
