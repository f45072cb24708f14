import type { ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { Audience, MOST_PAGES } from "../src/server/audience.ts";

/** A page that takes nothing until it is read. */
const page = () => new PassThrough({ highWaterMark: 1 }) as unknown as ServerResponse & PassThrough;

it("lets a slow page miss frames, and tells it all there is when it has caught up", async () => {
  let state = 0;
  const audience = new Audience(
    () => `{"state":${state}}`,
    () => {},
  );
  const [fast, slow] = [page(), page()];
  let seen = "";
  fast.on("data", (chunk) => {
    seen += chunk;
  });
  audience.add(fast);
  audience.add(slow);
  const frame = JSON.stringify({ text: "x".repeat(300_000) });
  for (state = 1; state <= 20; state++) {
    audience.tell(frame);
    await new Promise(setImmediate);
  }
  expect(slow.writableLength).toBeLessThan(1_500_000);
  expect(seen.split("event: frame")).toHaveLength(21);
  let caughtUp = "";
  slow.on("data", (chunk) => {
    caughtUp += chunk;
  });
  await expect.poll(() => slow.writableLength).toBe(0);
  audience.tell(frame);
  await expect
    .poll(() => caughtUp)
    .toMatch(/event: snapshot\ndata: \{"missed":1[0-9],"snapshot":\{"state":21\}\}/);
  expect(caughtUp.split("event: frame").length).toBeLessThan(7);
});

it("knows how many look on, and when they are too many", () => {
  const counts: number[] = [];
  const audience = new Audience(
    () => "{}",
    (count) => counts.push(count),
  );
  const pages = Array.from({ length: MOST_PAGES }, page);
  for (const one of pages) audience.add(one);
  expect(audience.isFull).toBe(true);
  pages[0]?.emit("close");
  expect(audience.isFull).toBe(false);
  expect(counts.at(-1)).toBe(MOST_PAGES - 1);
});
