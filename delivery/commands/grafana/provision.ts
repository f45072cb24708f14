import { z } from "zod";
import {
  ALERT_FOLDER,
  ALERT_RULE_GROUP,
  type AlertRule,
  RULE_UID,
} from "../../../config/grafana-alert-rules.ts";
import type { DataSource } from "../../../config/grafana-data-sources.ts";
import { covers } from "../../core/covers.ts";
import { GrafanaRequestError, PluginMissingError } from "../../core/errors.ts";
import { mismatch } from "../../core/mismatch.ts";
import type { GrafanaApi } from "./grafana-api.ts";

const dashboardSchema = z
  .object({
    dashboard: z.record(z.string(), z.unknown()),
    meta: z.object({ folderUid: z.string().optional() }),
  })
  .optional();

const rulesSchema = z
  .array(z.object({ uid: z.string(), title: z.string(), folderUID: z.string(), ruleGroup: z.string() }))
  .default([]);

const FOLDER = { uid: "cali", title: ALERT_FOLDER };

/** https://grafana.com/docs/grafana/latest/developers/http_api/alerting_provisioning/ */
const ALERT_RULES = "/api/v1/provisioning/alert-rules";

/** A dashboard as Grafana's JSON has it. */
export type Dashboard = Readonly<Record<string, unknown>> & { readonly uid: string; readonly title: string };

/** What became of one thing. */
export interface Outcome {
  readonly what: string;
  readonly did: "created" | "changed" | "unchanged" | "deleted";
}

export interface ProvisionOptions {
  readonly api: GrafanaApi;
  readonly dataSources: readonly DataSource[];
  readonly dashboards: readonly Dashboard[];
  readonly alertRules: readonly AlertRule[];
  readonly onOutcome: (outcome: Outcome) => void;
}

/**
 * Puts the folder, data sources, dashboards and alert rules into a Grafana, and deletes a rule of ours that is none any more: it would ask for what is
 * no longer there, and fire. A second run changes nothing.
 *
 * @throws PluginMissingError before anything is put; GrafanaRequestError
 */
export async function provision({
  api,
  dataSources,
  dashboards,
  alertRules,
  onOutcome,
}: ProvisionOptions): Promise<void> {
  await checkPlugins(api, dataSources);
  const folder = await api.get(`/api/folders/${FOLDER.uid}`);
  if (folder === undefined) await api.send("POST", "/api/folders", FOLDER);
  onOutcome({ what: `folder ${FOLDER.title}`, did: folder === undefined ? "created" : "unchanged" });
  for (const { editable: _, ...desired } of dataSources) {
    const path = `/api/datasources/uid/${desired.uid}`;
    const actual = await api.get(path);
    const did = covers(actual, desired) ? "unchanged" : actual === undefined ? "created" : "changed";
    if (did === "created") await api.send("POST", "/api/datasources", desired);
    if (did === "changed") await api.send("PUT", path, desired);
    onOutcome({ what: `data source ${desired.name}`, did });
  }
  for (const dashboard of dashboards) {
    const path = `/api/dashboards/uid/${dashboard.uid}`;
    const actual = await read(api, path, dashboardSchema);
    const same = covers(actual?.dashboard, dashboard) && actual?.meta?.folderUid === FOLDER.uid;
    const did = same ? "unchanged" : actual === undefined ? "created" : "changed";
    if (!same) {
      const message = "cali grafana";
      const body = { dashboard, folderUid: FOLDER.uid, overwrite: true, message };
      await api.send("POST", "/api/dashboards/db", body);
    }
    onOutcome({ what: `dashboard ${dashboard.title}`, did });
  }
  for (const rule of alertRules) {
    const path = `${ALERT_RULES}/${rule.uid}`;
    const desired = { ...rule, orgID: 1, folderUID: FOLDER.uid, ruleGroup: ALERT_RULE_GROUP };
    const actual = await api.get(path);
    const did = covers(actual, desired) ? "unchanged" : actual === undefined ? "created" : "changed";
    if (did === "created") await api.send("POST", ALERT_RULES, desired);
    if (did === "changed") await api.send("PUT", path, desired);
    onOutcome({ what: `alert rule ${rule.title}`, did });
  }
  const wanted = new Set(alertRules.map(({ uid }) => uid));
  for (const { uid, title, folderUID, ruleGroup } of await read(api, ALERT_RULES, rulesSchema)) {
    const isOurs = uid.startsWith(RULE_UID) && folderUID === FOLDER.uid && ruleGroup === ALERT_RULE_GROUP;
    if (!isOurs || wanted.has(uid)) continue;
    await api.send("DELETE", `${ALERT_RULES}/${uid}`);
    onOutcome({ what: `alert rule ${title}`, did: "deleted" });
  }
}

async function read<T>(api: GrafanaApi, path: string, schema: z.ZodType<T>): Promise<T> {
  const answer = await api.get(path);
  const kept = schema.safeParse(answer);
  if (kept.success) return kept.data;
  throw new GrafanaRequestError(
    `GET ${path}: Grafana's answer has another form than its API says: ${mismatch(kept.error, answer)}`,
  );
}

/** Grafana takes a data source of a plugin that it doesn't have, and its panels fail later. */
async function checkPlugins(api: GrafanaApi, dataSources: readonly DataSource[]): Promise<void> {
  const types = [...new Set(dataSources.map(({ type }) => type))];
  const answers = await Promise.all(types.map((type) => api.get(`/api/plugins/${type}/settings`)));
  const missing = types.filter((_, place) => answers[place] === undefined);
  if (missing.length === 0) return;
  throw new PluginMissingError(
    `Grafana doesn't have the plugin ${missing.join(", ")}, which the data sources need\nRemedy: in the console of Amazon Managed Grafana turn on the workspace's plugin management (Workspace configuration options), install it in Grafana as an administrator (Administration, Plugins), and run again.`,
  );
}
