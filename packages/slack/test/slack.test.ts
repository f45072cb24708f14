import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { context, fields, LIMITS, link, message, type SlackMessage, section, send } from "../src/index.ts";

const lengthOf = ({ blocks }: SlackMessage) =>
  [...JSON.stringify(blocks).matchAll(/"text":"([^"]*)"/g)].reduce(
    (sum, [, text = ""]) => sum + text.length,
    0,
  );

it("keeps a message within all limits, and its small print in it", () => {
  const long = "word ".repeat(1_000);
  const blocks = [...fields(Array(20).fill(long)), ...Array(80).fill(section(long)), ...context(["the run"])];
  const made = message(`<!channel> ${long}`, blocks);
  expect(lengthOf(made)).toBeLessThanOrEqual(LIMITS.message);
  expect(made.blocks.at(-1)).toEqual(context(["the run"])[0]);
  expect(made.text).not.toMatch(/[<>]/);
  expect(made.text.length).toBe(LIMITS.headerText);
  expect(message("x", Array(80).fill(section("y"))).blocks).toHaveLength(LIMITS.blocks);
});

it("cuts no entity and no character in two", () => {
  const cutInEntity = section(`${"a".repeat(LIMITS.sectionText - 3)}&amp;b`);
  expect(JSON.stringify(cutInEntity)).toContain('a…"');
  expect(JSON.stringify(section("🙂".repeat(2_000)))).not.toMatch(/\\ud83d(?!\\ude42)/i);
});

it.each([
  ["https://x.example/a%20b?q=1&r=<2>", "<https://x.example/a%20b?q=1&amp;r=%3C2%3E|here>"],
  ['https://x.example/#a="b"|c', "<https://x.example/#a=%22b%22%7Cc|here>"],
  ["javascript|<alert>", "<javascript%7C%3Calert%3E|here>"],
])("links to %s", (url, expected) => {
  expect(link(url, "here")).toBe(expected);
});

async function slackThatAnswers(
  ...answers: [status: number, body: string, headers?: Record<string, string>][]
) {
  const posts: number[] = [];
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      posts.push(performance.now());
      const [status, body, headers] = answers.shift() ?? [200, "ok"];
      response.writeHead(status, headers).end(body);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  return { posts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/B0/SECRET` };
}
const hello = message("hello", []);

it("waits as long as Slack asks, and tries again", async () => {
  const { posts, url } = await slackThatAnswers(
    [429, "busy", { "retry-after": "1" }],
    [500, "down"],
    [200, "a login page"],
  );
  await send(url, hello, 1);
  expect(posts).toHaveLength(4);
  expect((posts[1] ?? 0) - (posts[0] ?? 0)).toBeGreaterThan(950);
});

it.each([
  [
    "what Slack refuses",
    [403, "no_service: /services/T0/B0/SECRET\u202e"],
    "Slack answered 403 no_service: (the webhook)",
  ],
  ["an hour's limit", [429, "busy", { "retry-after": "3600" }], "Slack answered 429 busy"],
] as const)("is told of %s at once, without the address", async (_, answer, said) => {
  const { posts, url } = await slackThatAnswers([...answer]);
  await expect(send(url, hello, 1)).rejects.toMatchObject({ name: "SlackPostError", message: said });
  expect(posts).toHaveLength(1);
});
