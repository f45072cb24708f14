import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, NoSuchKey, type S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unlockById } from "../../delivery/commands/unlock/by-id.ts";
import { runHolder } from "../../delivery/commands/unlock/by-run.ts";
import type { SynthesizedStack } from "../../delivery/core/application/application.ts";
import { githubClient } from "../../delivery/core/github/client.ts";
import type { Process } from "../../delivery/core/state-backend/holder.ts";
import { lockId } from "../../delivery/core/state-backend/lock.ts";
import type { WorkflowRun } from "../support/github-repository.ts";
import { GithubServer } from "../support/github-server.ts";

const NOW = new Date("2026-01-25T12:00:00Z");
const TAKEN = "2026-01-25T11:50:00Z";
const backend = { bucket: "states", region: "eu-west-1", lockTable: "locks", kmsKeyArn: null };
const text = (over: object = {}) =>
  JSON.stringify({ ID: "0a1b", Operation: "OperationTypeApply", Who: "ann@here", Created: TAKEN, ...over });

/** By what they stand beside: the table's item and the bucket's object of each stack. */
let items: Map<string, string | undefined>;
let objects: Map<string, string>;
let server: GithubServer;
const said: string[] = [];
beforeEach(async () => {
  [items, objects, server] = [new Map(), new Map(), new GithubServer()];
  said.length = 0;
  await server.listen();
});
afterEach(() => server.close());

const s3 = {
  async send(command: GetObjectCommand) {
    const key = command.input.Key ?? "";
    if (!(command instanceof GetObjectCommand)) return objects.delete(key);
    const body = objects.get(key);
    if (body === undefined) throw new NoSuchKey({ message: "none", $metadata: { httpStatusCode: 404 } });
    return { Body: { transformToByteArray: async () => new TextEncoder().encode(body) } };
  },
} as unknown as S3Client;
const dynamodb = {
  async send(command: GetItemCommand) {
    const id = command.input.Key?.LockID?.S ?? "";
    if (!(command instanceof GetItemCommand)) return items.delete(id);
    if (!items.has(id)) return {};
    const info = items.get(id);
    return { Item: { LockID: { S: id }, ...(info !== undefined && { Info: { S: info } }) } };
  },
} as unknown as DynamoDBClient;

const stack = (name: string) => ({ name, stateKey: `stacks/${name}` }) as SynthesizedStack;
const inTable = (name: string, info?: string) => items.set(`states/stacks/${name}`, info);
const beside = (name: string, info: string) => objects.set(`stacks/${name}.tflock`, info);

interface Given {
  readonly processes?: Process[];
  readonly run?: WorkflowRun;
  readonly ownRunId?: number;
}
const unlock = (id: string, { processes = [], run, ownRunId }: Given = {}) =>
  unlockById({
    stacks: [stack("01-first"), stack("02-second"), { ...stack("x"), stateKey: undefined }],
    clients: { s3, dynamodb, backend },
    id,
    sight: { now: NOW, host: "here", processes },
    runOf:
      run &&
      ((lock) =>
        runHolder(lock, {
          github: githubClient({ apiUrl: server.url, token: "ghs_test" }, { retryPauseMs: 1 }),
          owner: "acme",
          repo: "cali",
          runId: run.id,
          ownRunId,
        })),
    print: (line) => said.push(line),
  });

describe("a lock that is given back by its id", () => {
  it("goes in both places, and no other goes", async () => {
    for (const name of ["01-first", "02-second"]) {
      inTable(name, text({ ID: name }));
      beside(name, text({ ID: name, Path: "another text of the same lock" }));
    }
    expect(await unlock("01-first")).toBe("01-first");
    expect([...items.keys(), ...objects.keys()]).toEqual([
      "states/stacks/02-second",
      "stacks/02-second.tflock",
    ]);
    expect(said).toEqual([
      "01-first: gave back the lock 01-first of ann@here: on this machine no Terraform or OpenTofu works that was there when it was taken",
    ]);
    await expect(unlock("01-first")).rejects.toThrow(
      "There is no lock 01-first.\nWhat is locked:\n  02-second: 02-second",
    );
    await unlock("02-second");
    await expect(unlock("02-second")).rejects.toThrow("Nothing is locked.");
  });

  it("stays while its Terraform works on this machine, however old it is", async () => {
    inTable("01-first", text({ Created: "2026-01-24T00:00:00Z" }));
    const processes = [{ pid: 17, startedAt: Date.parse("2026-01-23T00:00:00Z") }];
    await expect(unlock("0a1b", { processes })).rejects.toThrow(
      /process 17; allowed: when that has ended\. Nothing was changed/,
    );
    expect(items.size).toBe(1);
  });

  it("stays for an hour when another machine took it", async () => {
    inTable("01-first", text({ Who: "ann@laptop" }));
    await expect(unlock("0a1b")).rejects.toThrow(
      "01-first: the lock 0a1b of ann@laptop (OperationTypeApply) is of 2026-01-25T11:50:00Z; ann@laptop is not this machine, here; allowed: from 2026-01-25T12:50:00.000Z on",
    );
    inTable("01-first", text({ Who: "ann@laptop", Created: "2026-01-25T11:00:00Z" }));
    await unlock("0a1b");
    expect(items.size).toBe(0);
  });

  it.each([undefined, "", "somebody", "{}", text({ ID: "$(id)" })])(
    "is none of Terraform's: %s",
    async (info) => {
      inTable("01-first", info);
      const id = lockId(info ?? "");
      expect(id).toMatch(/^sha256:[0-9a-f]{12}$/);
      await unlock(id);
      expect(items.size).toBe(0);
    },
  );
});

describe("a lock that a workflow's run took", () => {
  const ran = (status: WorkflowRun["status"], from: string, to?: string): WorkflowRun => {
    const run = server.run("terraform.yml", "a".repeat(40), status);
    run.run_started_at = `2026-01-25T${from}:00Z`;
    run.jobs.push({
      ...{ id: server.nextId(), name: "deploy", status, conclusion: to ? "cancelled" : null },
      started_at: run.run_started_at,
      ...(to && { completed_at: `2026-01-25T${to}:00Z` }),
    });
    return run;
  };
  beforeEach(() => inTable("01-first", text({ Who: "runner@fv-az1" })));

  it("goes when the run is over, and no other could have taken it", async () => {
    ran("in_progress", "11:51");
    const own = ran("in_progress", "11:40");
    await unlock("0a1b", { run: ran("completed", "11:45", "11:55"), ownRunId: own.id });
    expect(items.size).toBe(0);
    expect(said[0]).toMatch(
      /of runner@fv-az1: https:\/\/github\.com\/acme\/cali\/actions\/runs\/\d+ is over/,
    );
  });

  it.each([
    [
      "the run works",
      () => ran("in_progress", "11:45"),
      /runs\/\d+ is in_progress; allowed: when that has ended/,
    ],
    ["it ended before", () => ran("completed", "11:30", "11:49"), /no job of .* worked when it was taken/],
    ["it began later", () => ran("completed", "11:51", "11:55"), /no job of .* worked when it was taken/],
    [
      "another run may have it",
      () => {
        ran("in_progress", "11:40");
        return ran("completed", "11:45", "11:55");
      },
      /runs\/\d+ is going on, and may have taken it/,
    ],
  ])("stays when %s", async (_, given, message) => {
    await expect(unlock("0a1b", { run: given() })).rejects.toThrow(message);
    expect(items.size).toBe(1);
  });

  it("is not asked for where this machine knows", async () => {
    inTable("01-first", text());
    const processes = [{ pid: 17, startedAt: 0 }];
    await expect(unlock("0a1b", { processes, run: ran("completed", "11:45", "11:55") })).rejects.toThrow(
      /process 17/,
    );
  });
});
