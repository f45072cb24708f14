import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startConsumer } from "@cali/consumer";
import { PROGRAM } from "../test/support/browser.ts";

/**
 * What an open console costs the consumer, and what its page takes in the browser. Consumers in processes of their own read 1,000 lines a second each at the
 * same time, so that all have the same machine. One has a page open for as long as it takes, which is looked at. Of four others two are watched in odd minutes and two in even
 * ones, so that neither a process nor a minute that has it harder counts for one side. With `--bare` these four are watched all the time, beside four without a console. A consumer's processor time is all of its threads'.
 */
const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, bare: { type: "boolean", default: false } },
});
/** Lines of an answer, and the time between two answers, ms. */
const LINES = 250;
const EVERY_MS = 250;
/** Answers until they repeat, a minute: a frame never shows the lines of the one before. */
const ANSWERS = 240;
/** Consumers of each kind that are watched together: two that do the same differ by up to a tenth. */
const OF_EACH = 2;
/** Until all have their templates and their code is compiled. */
const WARM_UP_MS = 20_000;

/** In a process of its own: a consumer that says what it used when it is asked. */
async function consume(endpoint: string, isBare: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cali-bench-console-"));
  const consumer = await startConsumer(
    {
      region: "us-east-1",
      kinesis: { stream: "bench", endpoint, minReadIntervalMs: EVERY_MS },
      state: { file: join(folder, "state.sqlite") },
      objects: { folder: join(folder, "objects") },
      slack: { webhookUrl: `${endpoint}/slack` },
      knowledge: { vectors: "none" },
      http: { host: "127.0.0.1", port: 0 },
      log: { level: "error" },
      console: isBare ? {} : { port: 0 },
    },
    { credentials: { accessKeyId: "bench", secretAccessKey: "bench" } },
  );
  process.on("message", async () => {
    const { user, system } = process.cpuUsage();
    const { totals } = await consumer.counters();
    process.send?.({ cpuMs: (user + system) / 1_000, records: totals.records });
  });
  process.on("disconnect", () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
  process.send?.({ url: consumer.console?.url });
}

interface Used {
  readonly cpuMs: number;
  readonly records: number;
}

/** Memory of what draws pages, MiB. */
function rendererMiB(): number {
  const pids = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ");
  const all = [...pids];
  for (const pid of all) {
    try {
      all.push(
        ...readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean),
      );
    } catch {
      // It has ended.
    }
  }
  const renderers = all.flatMap((pid) => {
    try {
      const isOne = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer");
      return isOne
        ? [Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1])]
        : [];
    } catch {
      return [];
    }
  });
  return Math.max(0, ...renderers) / 1_024;
}

/** What consumers used, each in the mean. */
async function usedBy(consumers: readonly { used(): Promise<Used> }[]): Promise<Used> {
  const all = await Promise.all(consumers.map((consumer) => consumer.used()));
  const mean = (key: keyof Used) => all.reduce((sum, used) => sum + used[key], 0) / all.length;
  return { cpuMs: mean("cpuMs"), records: mean("records") };
}

async function measure(): Promise<void> {
  const server = fork(
    join(import.meta.dirname, "consumer-server.ts"),
    ["--shards", "1", "--records", String(LINES), "--answers", String(ANSWERS)],
    {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    },
  );
  if (!server.stdout) throw new Error("the server has no output");
  const [line] = await once(createInterface(server.stdout), "line");
  const { port } = JSON.parse(line as string) as { port: number };
  const start = async (isBare = false) => {
    const child = fork(import.meta.filename, isBare ? ["--bare"] : [], {
      env: { ...process.env, ENDPOINT: `http://127.0.0.1:${port}` },
    });
    const [{ url = "" }] = (await once(child, "message")) as [{ url?: string }];
    const used = async () => {
      child.send("used");
      const [used] = (await once(child, "message")) as [Used];
      return used;
    };
    return { child, url, used };
  };
  const shown = await start();
  const some = (isBare: boolean) => Promise.all(Array.from({ length: OF_EACH }, () => start(isBare)));
  const [odd, even] = [await some(false), await some(false)];
  const bare = values.bare ? [...(await some(true)), ...(await some(true))] : [];
  const leavePage = openPage(shown.url);
  await sleep(WARM_UP_MS);
  const cpu = { watched: 0, alone: 0 };
  const startedAt = performance.now();
  for (let minute = 1; minute <= Number(values.minutes); minute++) {
    const inTurn = minute % 2 === 1 ? [odd, even] : [even, odd];
    const sides = values.bare ? [[...odd, ...even], bare] : inTurn;
    const leave = sides[0]?.map(({ url }) => watch(url));
    const before = await Promise.all(sides.map(usedBy));
    await sleep(60_000 * minute - (performance.now() - startedAt));
    const after = await Promise.all(sides.map(usedBy));
    for (const end of leave ?? []) end();
    const [lines = 0, linesAlone = 0] = after.map(({ records }, at) => records - (before[at]?.records ?? 0));
    const [watched = 0, alone = 0] = after.map(({ cpuMs }, at) => cpuMs - (before[at]?.cpuMs ?? 0));
    cpu.watched += watched;
    cpu.alone += alone;
    const aSecond = (ms: number) => (ms / minute / 60).toFixed(1);
    console.log(
      `${minute} min: ${(lines / 60).toFixed(0)} and ${(linesAlone / 60).toFixed(0)} records/s; ${aSecond(cpu.alone)} ms of CPU a second without${values.bare ? " a console" : ""}, ` +
        `${aSecond(cpu.watched)} with a page open (${((cpu.watched / cpu.alone - 1) * 100).toFixed(1)}% more); page: ${rendererMiB().toFixed(0)} MiB`,
    );
  }
  leavePage();
  for (const { child } of [shown, ...odd, ...even, ...bare]) child.disconnect();
  server.kill();
}

/** Opens a page in a Chromium that nothing steers, which would record what the page is sent. @returns what ends it */
function openPage(url: string): () => void {
  const profile = mkdtempSync(join(tmpdir(), "cali-bench-page-"));
  const args = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
  ];
  const browser = spawn(PROGRAM, [...args, `--user-data-dir=${profile}`, url], { stdio: "ignore" });
  browser.once("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  return () => browser.kill();
}

/** Takes what a page takes. @returns what ends it */
function watch(url: string): () => void {
  const leaving = new AbortController();
  const read = async () => {
    const { body } = await fetch(`${url}/api/events`, { signal: leaving.signal });
    for await (const _ of body ?? []) {
      // A page would draw it.
    }
  };
  read().catch((error: unknown) => {
    if (!leaving.signal.aborted) throw error;
  });
  return () => leaving.abort();
}

const { ENDPOINT } = process.env;
await (ENDPOINT ? consume(ENDPOINT, values.bare) : measure());
