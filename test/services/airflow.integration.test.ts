import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { asJson, generate } from "@cali/log-generator";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type NewError, newErrorSchema } from "../../services/consumer/src/cause/new-errors.ts";
import { FolderObjectStore } from "../../services/consumer/src/state/objects/folder.ts";
import { SlackServer } from "../../services/consumer/test/support/slack-server.ts";
import { CONSUMER_POD } from "../../stacks/11-airflow.ts";
import { Airflow, python, SETTINGS } from "../support/airflow.ts";
import { KubernetesServer } from "../support/kubernetes-server.ts";
import {
  type Manifest,
  manifestProblems,
  type PodSpec,
  podSpecOf,
  resourceProblems,
} from "../support/manifests.ts";
import { restrictedProblems } from "../support/pod-security.ts";
import { ROOT } from "../support/run.ts";

const DATE = "2026-01-25";
const RECORDS = 3_000;
/** What of the webhook's address nobody may see. */
const WEBHOOK_SECRET = "T0/B0/secret";

let folder: string;
let slack: SlackServer;
let kubernetes: KubernetesServer;
let airflow: Airflow;
/** The consumer's environment in its ConfigMap; tests may break it. */
const configMap: Record<string, string> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cali-dags-"));
  slack = new SlackServer();
  const webhook = await slack.listen();
  kubernetes = new KubernetesServer({
    namespace: SETTINGS.CALI_CONSUMER_NAMESPACE,
    entrypoint: [
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      "--import",
      import.meta.resolve("tsx"),
      join(ROOT, "services/consumer/src/main.ts"),
    ],
    configMaps: { [SETTINGS.CALI_CONSUMER_CONFIG_MAP]: configMap },
    secrets: { [SETTINGS.CALI_CONSUMER_SECRET]: { CALI_SLACK_WEBHOOK_URL: webhook } },
  });
  airflow = await Airflow.start(await kubernetes.listen(), { CALI_SLACK_WEBHOOK_URL: webhook });
}, 300_000);
afterAll(async () => {
  await airflow?.stop();
  await kubernetes?.close();
  await slack?.close();
});

beforeEach(async () => {
  Object.assign(configMap, {
    CALI_REGION: "ap-northeast-2",
    CALI_KINESIS_STREAM: "cali-dev-logs-stream",
    CALI_STATE_TABLE: "cali-dev-consumer",
    CALI_OBJECTS_FOLDER: join(folder, "objects"),
  });
  await archiveDay(new FolderObjectStore(join(folder, "objects")));
  slack.posts.length = 0;
  kubernetes.created.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A generated day in raw/, as Firehose leaves it: packed, one object after the other without an end of a line. */
async function archiveDay(objects: FolderObjectStore): Promise<void> {
  const origin = { platform: "eks", environment: "dev" };
  const lines = [
    ...generate({
      seed: "airflow",
      start: Date.parse(`${DATE}T00:00:00Z`),
      rate: RECORDS / 86_400,
      count: RECORDS,
      badShare: 0.01,
    }),
  ].map((line) => asJson(line, origin));
  for (let from = 0; from < lines.length; from += 1_000) {
    await objects.put(`raw/dt=${DATE}/part-${from}.gz`, gzipSync(lines.slice(from, from + 1_000).join("\n")));
  }
}

/** All objects but the archive, with their bytes. */
function results(): Record<string, string> {
  const top = join(folder, "objects");
  return Object.fromEntries(
    readdirSync(top, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(top, name)).isFile() && !name.startsWith("raw/"))
      .sort()
      .map((name) => [name, readFileSync(join(top, name), "utf8")]),
  );
}

/** Kubernetes takes the pod strictly, and where it restricts pods; it runs as the consumer, and holds no secret. */
async function expectRestricted(manifest: Manifest): Promise<void> {
  expect(await manifestProblems(manifest)).toEqual([]);
  const pod = podSpecOf(manifest) as PodSpec;
  expect(restrictedProblems(pod)).toEqual([]);
  expect(resourceProblems(pod)).toEqual([]);
  // As the cluster's room is counted.
  expect(pod.containers.map(({ resources }) => resources)).toMatchObject([CONSUMER_POD]);
  expect(pod.containers.map(({ image }) => image)).toEqual([SETTINGS.CALI_CONSUMER_IMAGE]);
  expect(pod.serviceAccountName).toBe(SETTINGS.CALI_CONSUMER_SERVICE_ACCOUNT);
  expect(JSON.stringify(manifest)).not.toContain(WEBHOOK_SECRET);
}

/** Airflow's own executor may hang at its end (`Airflow.runDag`); each test begins with nothing of the try before. */
const ONCE_MORE = { retry: 1 };

describe("Airflow", () => {
  it("imports the DAGs without a problem", async () => {
    const { code, stdout, stderr } = await airflow.command("dags", "list", "--local", "--output", "json");
    expect(code, stderr).toBe(0);
    const found = JSON.parse(stdout.slice(stdout.indexOf("[{"))) as { dag_id: string }[];
    expect(found.map(({ dag_id }) => dag_id).sort()).toEqual([
      "cali_digest_daily",
      "cali_knowledge_daily",
      "cali_quality_daily",
    ]);
  });

  it("passes the tests of the DAGs' modules", async () => {
    const { code, stdout } = await python("pytest", ["-q", "-p", "no:cacheprovider"]);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/\d+ passed/);
  });

  it("finds the code in order", async () => {
    for (const args of [["check"], ["format", "--check"]]) {
      const { code, stdout } = await python("ruff", [...args, "--no-cache", "."]);
      expect(code, stdout).toBe(0);
    }
  });
});

describe.each([
  { dag: "cali_quality_daily", command: "quality", report: "quality" },
  { dag: "cali_digest_daily", command: "digest", report: "digest" },
])("$dag", ONCE_MORE, ({ dag, command, report }) => {
  it("runs the consumer's command on the day, and nothing more when it is repeated", async () => {
    const first = await airflow.runDag(dag, DATE);
    expect(first.code, first.stdout + first.stderr).toBe(0);
    const reports = results();
    expect(Object.keys(reports)).toEqual([
      `reports/${report}/dt=${DATE}.json`,
      `reports/${report}/dt=${DATE}.posted`,
    ]);
    expect(JSON.parse(reports[`reports/${report}/dt=${DATE}.json`] ?? "")).toMatchObject({ date: DATE });
    expect(slack.posts).toHaveLength(1);

    const again = await airflow.runDag(dag, DATE);
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(results()).toEqual(reports);
    expect(slack.posts).toHaveLength(1);

    expect(kubernetes.created.map(({ spec }) => spec.containers[0]?.args)).toEqual([
      [command, "--date", DATE, "--slack"],
      [command, "--date", DATE, "--slack"],
    ]);
    await expectRestricted(kubernetes.created[0] as unknown as Manifest);
    expect(kubernetes.names).toEqual([]);
    expect(kubernetes.unknown).toEqual([]);
  });
});

describe("cali_knowledge_daily", ONCE_MORE, () => {
  /** A new error as the consumer keeps it in new_errors/. */
  const newError = (over: Partial<NewError>): NewError => ({
    fingerprint: "00000000000000aa",
    service: "payment",
    level: "ERROR",
    errorCode: "PAYMENT_DECLINED",
    template: "card of <*> was declined by the issuer",
    samples: ["card of 4711 was declined by the issuer"],
    count: 1,
    firstSeen: `${DATE}T01:02:03.000Z`,
    ...over,
  });
  const keep = (date: string, error: NewError) =>
    new FolderObjectStore(join(folder, "objects")).put(
      `new_errors/dt=${date}/${error.fingerprint}.json`,
      Buffer.from(JSON.stringify(newErrorSchema.parse(error))),
    );
  const learned = () =>
    Object.fromEntries(Object.entries(results()).filter(([name]) => name.startsWith("knowledge/")));

  it("learns a day's new errors once, and nothing more when it is repeated", async () => {
    await keep(DATE, newError({}));
    // The same error in another service.
    await keep(DATE, newError({ fingerprint: "00000000000000bb", service: "checkout" }));
    await keep(
      DATE,
      newError({
        fingerprint: "00000000000000cc",
        errorCode: "DB_TIMEOUT",
        template: "no answer of the database",
      }),
    );
    await keep("2026-01-24", newError({ fingerprint: "00000000000000dd", template: "of the day before" }));

    const first = await airflow.runDag("cali_knowledge_daily", DATE);
    expect(first.code, first.stdout + first.stderr).toBe(0);
    const knowledge = learned();
    const entries = Object.values(knowledge).map((text) => JSON.parse(text));
    expect(entries.map(({ pattern, state }) => ({ pattern, state })).sort(byPattern)).toEqual([
      { pattern: "card of <*> was declined by the issuer", state: "proposed" },
      { pattern: "no answer of the database", state: "proposed" },
    ]);

    const again = await airflow.runDag("cali_knowledge_daily", DATE);
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(learned()).toEqual(knowledge);

    expect(kubernetes.created.map(({ spec }) => spec.containers[0]?.args)).toEqual([
      ["knowledge", "learn", "--date", DATE],
      ["knowledge", "learn", "--date", DATE],
    ]);
    expect(slack.posts).toEqual([]);
    await expectRestricted(kubernetes.created[0] as unknown as Manifest);
  });
});

const byPattern = (a: { pattern: string }, b: { pattern: string }) => (a.pattern < b.pattern ? -1 : 1);

describe("a command that fails", ONCE_MORE, () => {
  it("is tried four times, then Slack is notified once, and what it said pings and links nothing", async () => {
    configMap.CALI_LOG_LEVEL =
      "<!channel> @here ``` <https://evil.example|click> & [x](https://evil.example)";
    const { code, stdout, stderr } = await airflow.runDag("cali_quality_daily", DATE);
    expect(code).toBe(1);
    expect(kubernetes.created, stdout + stderr).toHaveLength(4);
    expect(slack.posts).toHaveLength(1);
    const { text, blocks } = JSON.parse(slack.posts[0] ?? "");
    expect(text).toBe(`cali_quality_daily failed for ${DATE}`);
    expect(blocks[1].text.text).toContain("try 4 of 4");
    const reason: string = blocks[2].text.text;
    expect(reason).toContain("CALI_LOG_LEVEL: given");
    expect(reason).toContain("&lt;!channel&gt; @\u200bhere ˋˋˋ");
    expect(reason.slice(3, -3)).not.toMatch(/[<>`]|@here/);
    expect(results()).toEqual({});
    expect(kubernetes.names).toEqual([]);
    // Neither in Airflow's log, which the task's pod's is a part of.
    expect(stdout + stderr).not.toContain(WEBHOOK_SECRET);
  });
});

it("asks Kubernetes for no more than its role has to allow", () => {
  expect([...kubernetes.verbs].sort()).toEqual([
    "create pods",
    "delete pods",
    "get pods",
    "get pods/log",
    "list events",
    "list pods",
    "patch pods",
  ]);
});
