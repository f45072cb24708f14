import { z } from "zod";
import { ALERT_FOLDER, ALERT_RULE_GROUP, type AlertRule } from "../../../config/grafana-alert-rules.ts";
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

const FOLDER = { uid: "cali", title: ALERT_FOLDER };

/** https://grafana.com/docs/grafana/latest/developers/http_api/alerting_provisioning/ */
const ALERT_RULES = "/api/v1/provisioning/alert-rules";

/** A dashboard as Grafana's JSON has it. */
export type Dashboard = Readonly<Record<string, unknown>> & { readonly uid: string; readonly title: string };

/** What became of one thing. */
export interface Outcome {
  readonly what: string;
  readonly did: "created" | "changed" | "unchanged";
}

export interface ProvisionOptions {
  readonly api: GrafanaApi;
  readonly dataSources: readonly DataSource[];
  readonly dashboards: readonly Dashboard[];
  readonly alertRules: readonly AlertRule[];
  readonly onOutcome: (outcome: Outcome) => void;
}

/**
 * Puts the folder, data sources, dashboards and alert rules into a Grafana. A second run changes nothing.
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
    const answer = await api.get(path);
    const kept = dashboardSchema.safeParse(answer);
    if (!kept.success) {
      throw new GrafanaRequestError(
        `GET ${path}: Grafana's answer has another form than its API says: ${mismatch(kept.error, answer)}`,
      );
    }
    const actual = kept.data;
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
