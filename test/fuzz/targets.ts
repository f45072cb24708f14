import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readText, readValue } from "@cali/log-record";
import { ConfigError, parseYaml } from "@cali/settings";
import { message, SlackPostError, send } from "@cali/slack";
import { z } from "zod";
import { parseConfigText } from "../../config/load.ts";
import { checked } from "../../delivery/commands/opensearch/answers.ts";
import { Connection } from "../../delivery/commands/opensearch/client.ts";
import { DeliveryError } from "../../delivery/core/errors.ts";
import { githubClient } from "../../delivery/core/github/client.ts";
import { jobsOf } from "../../delivery/core/github/jobs.ts";
import { labelsAtMerge } from "../../delivery/core/github/label.ts";
import { mergedPull } from "../../delivery/core/github/merged.ts";
import { ownLogin } from "../../delivery/core/github/own-login.ts";
import { fetchOwnPlans } from "../../delivery/core/github/reviewed-plans.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";
import { LlmError } from "../../services/consumer/src/cause/errors.ts";
import { readAnswer } from "../../services/consumer/src/cause/llm/answer.ts";
import { parseConfig as parseConsumerConfig } from "../../services/consumer/src/config/load.ts";
import { decode } from "../../services/consumer/src/decode/decode.ts";
import { OpenSearchError } from "../../services/consumer/src/notify/incidents/errors.ts";
import { IncidentIndex } from "../../services/consumer/src/notify/incidents/incident-index.ts";
import { redact } from "../../services/consumer/src/redact/redact.ts";

/** Something that reads bytes of others. */
export interface Target {
  readonly name: string;
  /** What it is fed changed: each is read without an error that is not its own. */
  readonly seeds: readonly Uint8Array[];
  /** Reads bytes; throws only what it says. */
  readonly read: (bytes: Uint8Array) => unknown;
  /** Ends what it began. */
  readonly close?: () => Promise<void>;
}

type ErrorClass = new (...args: never[]) => Error;

const ROOT = join(import.meta.dirname, "../..");
const MAX_LOGS = 100;

/** Files of a folder, or one file. */
function files(path: string, ending: string): Uint8Array[] {
  const folder = join(ROOT, path);
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(folder, name)))
    .filter(({ length }) => length < 50_000);
}
const kept = (name: string) => files(`test/fuzz/seeds/${name}`, "");
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

function allowing(errors: readonly ErrorClass[], read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (!errors.some((one) => error instanceof one)) throw error;
    return undefined;
  }
}

async function allowingLater(errors: readonly ErrorClass[], read: () => Promise<unknown>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!errors.some((one) => error instanceof one)) throw error;
  }
}

const logs = textOf(readFileSync(join(ROOT, "packages/log-record/test/fixtures/corpus.jsonl")))
  .split("\n")
  .filter((line) => line.length > 0 && line.length < 8_000)
  .filter((_, place) => place % 7 === 0)
  .map((line) => Buffer.from(String((JSON.parse(line) as { raw?: string; text?: string }).raw ?? line)));
const small = logs.slice(0, 40);

/** Each decoded log has a text and ends up in `dlq/` with its bytes, or is redacted as an alert's would be. */
function decoded(bytes: Uint8Array): void {
  const payloads = decode(bytes, { arrival: 0, maxDecodedBytes: 1_000_000 });
  if (payloads.length === 0) throw new Error("nothing came out");
  for (const payload of payloads.slice(0, MAX_LOGS))
    redact(payload.ok ? payload.record.message : payload.reason);
}

/** A KPL aggregate of any protobuf: its digest fits, so that it is looked into. */
const aggregated = (message: Uint8Array) =>
  Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, createHash("md5").update(message).digest()]);
/** Two records of partition key `p`. */
const AGGREGATE = Buffer.concat([
  Buffer.from([0x0a, 1, 0x70]),
  ...small.slice(0, 2).map((log) => {
    const data = log.subarray(0, 100);
    return Buffer.concat([Buffer.from([0x1a, data.length + 4, 0x08, 0, 0x1a, data.length]), data]);
  }),
]);

/** A server that answers with the bytes it is given; the first says with which status. */
async function answering() {
  let answer: Uint8Array = Buffer.alloc(0);
  const statuses = [200, 200, 200, 200, 201, 400, 403, 404, 413, 422];
  const server = createServer((request, response) => {
    request.resume();
    const isText = (answer[1] ?? 0) % 8 === 0;
    response.writeHead(statuses[(answer[0] ?? 0) % statuses.length] ?? 200, {
      "content-type": isText ? "text/plain" : "application/json",
    });
    response.end(answer.subarray(2));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    give: (bytes: Uint8Array) => {
      answer = bytes;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
const answers = (name: string) => kept(name).map((seed) => Buffer.concat([Buffer.from([0, 1]), seed]));

/** All parsers of bytes from outside. */
export async function targets(): Promise<Target[]> {
  const github = await answering();
  const client = githubClient({ apiUrl: github.url, token: "t" }, { retryPauseMs: 1 });
  const where = { github: client, owner: "acme", repo: "shop" };
  const slack = await answering();
  const search = await answering();
  const connection = new Connection({ endpoint: search.url, login: { kind: "none" }, retries: 0 });
  const incidents = new IncidentIndex({
    endpoint: search.url,
    region: "ap-northeast-2",
    auth: "none",
    index: "cali-incidents",
    timeoutMs: 5_000,
  });
  const incident = JSON.parse(textOf(readFileSync(join(ROOT, "test/fuzz/seeds/incident.json"))));
  return [
    { name: "record", seeds: [...logs, ...kept("record")], read: decoded },
    {
      name: "kpl",
      seeds: [AGGREGATE],
      read: (bytes) => decoded(aggregated(bytes)),
    },
    {
      name: "gzip",
      seeds: [...small.map((log) => gzipSync(log)), gzipSync(Buffer.alloc(100_000))],
      read: (bytes) => {
        decoded(bytes);
        decoded(gzipSync(bytes));
      },
    },
    {
      name: "json-adapters",
      seeds: logs.filter(([first]) => first === 0x7b),
      read: (bytes) => {
        let value: unknown;
        try {
          value = JSON.parse(textOf(bytes));
        } catch {
          value = textOf(bytes);
        }
        if (typeof value === "string") readText(value, { arrival: 0 }, MAX_LOGS);
        else readValue(value, { arrival: 0 }, MAX_LOGS);
      },
    },
    {
      name: "plan",
      seeds: [...files("test/fixtures/plans", ".json"), ...files("test/fixtures/strange-plans", ".json")],
      read: (bytes) => allowing([DeliveryError], () => parsePlan(textOf(bytes), "plan.json")),
    },
    {
      name: "github",
      // The byte behind the status says what is asked: the client paces itself.
      seeds: answers("github").flatMap((seed) => [1, 2, 3, 4, 5].map((asked) => seed.with(1, asked))),
      read: async (bytes) => {
        github.give(bytes);
        const plans = { ...where, commit: "a".repeat(40), environment: "dev", runId: 1 };
        const asked = [
          ownLogin,
          () => jobsOf(where, 1),
          () => labelsAtMerge(where, 1),
          () => mergedPull(where, plans.commit),
          () => fetchOwnPlans(plans),
        ];
        await allowingLater([DeliveryError], async () => asked[(bytes[1] ?? 0) % asked.length]?.(client));
      },
      close: github.close,
    },
    {
      name: "slack",
      seeds: answers("slack"),
      read: async (bytes) => {
        slack.give(bytes);
        await allowingLater([SlackPostError], () => send(slack.url, message("x", []), 1));
      },
      close: slack.close,
    },
    {
      name: "opensearch",
      seeds: answers("opensearch"),
      read: async (bytes) => {
        search.give(bytes);
        await allowingLater([OpenSearchError], () => incidents.bulk([incident]));
        await allowingLater([DeliveryError], async () => {
          checked(z.looseObject({}), "GET /x", await connection.get("/x"));
        });
      },
      close: async () => {
        await incidents.close();
        await connection.close();
        await search.close();
      },
    },
    {
      name: "model",
      seeds: kept("model"),
      read: (bytes) =>
        allowing([LlmError], () =>
          readAnswer(textOf(bytes), { restore: (text) => text, linkHosts: ["docs.example.com"] }),
        ),
    },
    {
      name: "configuration",
      seeds: [...files("config", ".yaml"), ...kept("configuration")],
      read: (bytes) => {
        allowing([ConfigError], () => parseConfigText(textOf(bytes), "x.yaml"));
        allowing([ConfigError], () => parseConsumerConfig(parseYaml(textOf(bytes), "x.yaml").value));
      },
    },
  ];
}
