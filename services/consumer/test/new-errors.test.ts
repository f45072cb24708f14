import type { LogRecord } from "@cali/log-record";
import { expect, it } from "vitest";
import { keepNewErrors, newErrorSchema } from "../src/cause/new-errors.ts";
import { ObjectStoreError } from "../src/state/objects/errors.ts";
import { MemoryObjectStore } from "./support/memory-objects.ts";
import { logRecord } from "./support/records.ts";

const FINGERPRINT = "0123456789abcdef";
const KEY = `new_errors/dt=2026-01-25/${FINGERPRINT}.json`;

const newTemplate = (over: Partial<LogRecord> = {}, template = "order <NUM> is lost") => ({
  fingerprint: FINGERPRINT,
  template,
  record: logRecord({ level: "ERROR", message: "order 17 is lost", ...over }),
});

async function kept(...templates: Parameters<typeof keepNewErrors>[1]) {
  const objects = new MemoryObjectStore();
  await keepNewErrors(objects, templates);
  return newErrorSchema.parse(JSON.parse(Buffer.from(objects.bodies.get(KEY) ?? []).toString()));
}

it("keeps a template with its line, by the day of the line", async () => {
  const log_content = "order 17 is lost\n  at place (shop.ts:1:2)";
  expect(await kept(newTemplate({ log_content, error_code: "E-17" }))).toEqual({
    fingerprint: FINGERPRINT,
    service: "checkout",
    level: "ERROR",
    errorCode: "E-17",
    template: "order <NUM> is lost",
    samples: [log_content],
    count: 1,
    firstSeen: "2026-01-25T01:02:03.456Z",
  });
});

it("leaves the error code out when there is none", async () => {
  expect(await kept(newTemplate())).not.toHaveProperty("errorCode");
});

it("takes secrets out of the line and of the template", async () => {
  const secret = ["hun", "ter"].join("");
  const error = await kept(
    newTemplate(
      { log_content: `login of anna@example.com failed, password=${secret}` },
      `login of <EMAIL> failed, password=${secret}`,
    ),
  );
  expect(error.samples).toEqual(["login of <email> failed, password=<secret>"]);
  expect(error.template).toBe("login of <EMAIL> failed, password=<secret>");
});

it("cuts long lines, but no secret in two, and no character", async () => {
  const address = "anna.with.a.long.name@example.com";
  for (let before = 3_960; before <= 4_001; before++) {
    const [sample = ""] = (await kept(newTemplate({ log_content: `${"x ".repeat(before / 2)}${address}` })))
      .samples;
    expect(sample.length).toBeLessThanOrEqual(4_000);
    expect(sample).not.toContain("anna");
  }
  const [sample = ""] = (await kept(newTemplate({ log_content: `x${"🙂".repeat(10_000)}` }))).samples;
  expect(sample.isWellFormed()).toBe(true);
  expect(sample.length).toBeLessThanOrEqual(4_000);
});

it("writes the same when a template is kept again", async () => {
  const [once, twice] = [new MemoryObjectStore(), new MemoryObjectStore()];
  await keepNewErrors(once, [newTemplate()]);
  await keepNewErrors(twice, [newTemplate(), newTemplate()]);
  await keepNewErrors(twice, [newTemplate()]);
  expect(twice.bodies).toEqual(once.bodies);
});

it("keeps many, a few at a time, and passes on that it cannot", async () => {
  const objects = new MemoryObjectStore();
  const many = Array.from({ length: 100 }, (_, i) => ({
    ...newTemplate(),
    fingerprint: i.toString(16).padStart(16, "0"),
  }));
  await keepNewErrors(objects, many);
  expect(objects.bodies.size).toBe(100);
  expect(objects.mostAtOnce).toBe(16);
  objects.failure = new ObjectStoreError("unavailable", "object x: SlowDown");
  await expect(keepNewErrors(objects, many)).rejects.toThrow(objects.failure);
});
