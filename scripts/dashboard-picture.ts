import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { glob } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { loadConfig } from "../config/load.ts";
import { dashboards } from "../delivery/commands/grafana/command.ts";
import { indexTemplates } from "../delivery/commands/opensearch/templates.ts";
import { runPipeline } from "../local/pipeline.ts";
import type { Moment } from "../local/view.ts";
import { decode } from "../services/consumer/src/decode/decode.ts";
import { incidentOf } from "../services/consumer/src/notify/incidents/document.ts";
import { openBrowser } from "../test/support/browser.ts";
import { answerOf, type PanelAnswer, type PanelQuery, searchOf } from "../test/support/grafana-queries.ts";
import { type OpenSearchNode, startOpenSearch } from "../test/support/opensearch.ts";
import { type Drawn, type Panel, pageOf } from "./dashboard-page.ts";

/**
 * `npm run docs:dashboard` takes the picture of Grafana's dashboard with the data of a run with a seed. The panels' searches are answered by a real OpenSearch;
 * what CloudWatch would say of the stream is what the run counted. Grafana itself draws none of it. It needs Chromium, Java and what `.ci/run` installs.
 */
const PICTURE = join(import.meta.dirname, "../docs/pictures/dashboard.png");
const RUN = { seed: "cali", rate: 60, badShare: 0.01, shards: 2, for: 100_000 };
const STEP = "2s";
/** Of the run's view in a step. */
const MOMENTS = 4;
const BULK = 2_000;

interface Target extends PanelQuery {
  readonly datasource: { readonly uid: string };
  readonly label?: string;
  readonly metricName?: string;
}

async function send(node: OpenSearchNode, method: string, path: string, body: string): Promise<unknown> {
  const headers = { "content-type": path.endsWith("_bulk") ? "application/x-ndjson" : "application/json" };
  const answer = await fetch(`${node.url}${path}`, { method, headers, body });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Puts in what Firehose and the consumer would. */
async function fill(node: OpenSearchNode, documents: readonly (readonly [string, object])[]): Promise<void> {
  // The node lacks the plugin for index management.
  const withoutPlugin = (key: string, value: unknown) => (key === "plugins" ? undefined : value);
  for (const [name, { body }] of indexTemplates(loadConfig({ env: "dev" }))) {
    await send(node, "PUT", `/_index_template/${name}`, JSON.stringify(body, withoutPlugin));
  }
  for (let at = 0; at < documents.length; at += BULK) {
    const lines = documents
      .slice(at, at + BULK)
      .map(([_index, document]) => `${JSON.stringify({ index: { _index } })}\n${JSON.stringify(document)}\n`);
    await send(node, "POST", "/_bulk", lines.join(""));
  }
  await send(node, "POST", "/_refresh", "");
}

const folder = mkdtempSync(join(tmpdir(), "cali-dashboard-"));
const [node, browser] = await Promise.all([startOpenSearch(), openBrowser()]);
try {
  const moments: Moment[] = [];
  const from = Date.now();
  const { alerts } = await runPipeline({
    ...RUN,
    folder,
    runFolder: join(folder, "run"),
    stop: new AbortController().signal,
    onAlert: () => {},
    onMoment: (moment) => moments.push(moment),
  });
  const documents: [string, object][] = alerts.map(({ alert }) => [
    "cali-incidents-000001",
    incidentOf(alert),
  ]);
  for await (const file of glob(join(folder, "run/objects/raw/**/*.gz"))) {
    for (const payload of decode(gunzipSync(readFileSync(file)))) {
      if (payload.ok) documents.push([`cali-logs-${payload.record.timestamp.slice(0, 10)}`, payload.record]);
    }
  }
  await fill(node, documents);
  const times = documents.flatMap(([, document]) =>
    "timestamp" in document ? [Date.parse(String(document.timestamp))] : [],
  );
  const to = times.reduce((latest, time) => Math.max(latest, time), from);
  const until = moments.filter(({ elapsedMs }) => elapsedMs <= to - from);
  const counted: Record<string, [number, number][]> = {
    "GetRecords.IteratorAgeMilliseconds": until.map(({ elapsedMs, lagMs }) => [from + elapsedMs, lagMs]),
    IncomingRecords: until
      .filter((_, at) => at % MOMENTS === 0)
      .map(({ elapsedMs, made }, at, all) => [from + elapsedMs, made - (all[at - 1]?.made ?? 0)]),
  };
  const drawn: Drawn[] = [];
  const panels = (dashboards()[0]?.panels ?? []) as (Panel & { targets?: Target[] })[];
  for (const panel of panels) {
    const answers: PanelAnswer[] = [];
    for (const target of panel.targets ?? []) {
      const { metricName, label = "", datasource } = target;
      const points = counted[metricName ?? ""];
      if (points) answers.push({ totals: { [label]: points.at(-1)?.[1] ?? 0 }, points: { [label]: points } });
      if (metricName !== undefined) continue;
      const index = datasource.uid === "cali-logs" ? "cali-logs-*" : "cali-incidents*";
      const search = JSON.stringify(searchOf(target, from, to, STEP));
      answers.push(answerOf(target, await send(node, "POST", `/${index}/_search`, search)));
    }
    if (answers.some(({ totals }) => Object.keys(totals).length > 0)) drawn.push({ panel, answers });
  }
  const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
  await page.setContent(pageOf("CALI", drawn, [from, to]));
  await page.screenshot({ path: PICTURE, fullPage: true });
} finally {
  await browser.close();
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
}
