import { LOG_INDEX } from "./names.ts";

/** A data source as Grafana provisions it. https://grafana.com/docs/grafana/latest/administration/provisioning/ */
export interface DataSource {
  readonly name: string;
  /** What dashboards refer to it by. */
  readonly uid: string;
  readonly type: string;
  readonly access: "proxy";
  readonly url?: string;
  readonly isDefault?: boolean;
  readonly editable: false;
  readonly jsonData: Readonly<Record<string, unknown>>;
}

/** Ids of the data sources; `dashboards/*.json` refers to them. */
export const DATA_SOURCE_UIDS = {
  logs: "cali-logs",
  incidents: "cali-incidents",
  metrics: "cali-metrics",
} as const;

/**
 * Where the dashboards' figures come from: logs and incidents in OpenSearch, with requests signed as Grafana's own role
 * (SigV4), and CloudWatch. There is no password in any of them.
 *
 * @param endpoint of the domain, with `https://`
 * @param version of OpenSearch, such as `2.19`
 */
export function grafanaDataSources(endpoint: string, version: string, region: string): DataSource[] {
  const openSearch = (name: string, uid: string, index: string, timeField: string): DataSource => ({
    name,
    uid,
    type: "grafana-opensearch-datasource",
    access: "proxy",
    url: endpoint,
    isDefault: uid === DATA_SOURCE_UIDS.logs,
    editable: false,
    jsonData: {
      database: index,
      flavor: "opensearch",
      version: `${version}.0`,
      timeField,
      logMessageField: "message",
      logLevelField: "level",
      sigV4Auth: true,
      sigV4AuthType: "default",
      sigV4Region: region,
    },
  });
  return [
    openSearch("CALI logs", DATA_SOURCE_UIDS.logs, `${LOG_INDEX}-*`, "timestamp"),
    openSearch("CALI incidents", DATA_SOURCE_UIDS.incidents, "cali-incidents*", "@timestamp"),
    {
      name: "CloudWatch",
      uid: DATA_SOURCE_UIDS.metrics,
      type: "cloudwatch",
      access: "proxy",
      editable: false,
      jsonData: { authType: "default", defaultRegion: region },
    },
  ];
}
