import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { DataAwsOpensearchDomain } from "@cdktf/provider-aws/lib/data-aws-opensearch-domain/index.js";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1/index.js";
import { Construct } from "constructs";
import { ALERT_FOLDER, ALERT_RULE_GROUP, type AlertRule } from "../config/grafana-alert-rules.ts";
import { grafanaDataSources } from "../config/grafana-data-sources.ts";
import { SERVICE_ACCOUNTS } from "../config/names.ts";
import { Chart } from "./chart.ts";
import { chartFootprints } from "./chart-footprint.ts";
import type { PodFootprint } from "./footprint.ts";
import { withLogicalId } from "./logical-id.ts";
import { ServiceSecret } from "./service-secret.ts";
import { asText } from "./template-text.ts";

export interface GrafanaChartProps {
  readonly namespace: string;
  /** AWS region of the metrics. */
  readonly region: string;
  /** Version of OpenSearch, such as `2.19`. */
  readonly openSearchVersion: string;
  /** Of its service account, by which it gets its role. Default: none. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Name of the OpenSearch domain, which must exist when Terraform plans. */
  readonly domainName: string;
  readonly alertRules: readonly AlertRule[];
}

const DASHBOARDS = join(import.meta.dirname, "../dashboards");
const DASHBOARDS_MAP = "grafana-dashboards";
const LABELS = { "app.kubernetes.io/name": "grafana", "app.kubernetes.io/part-of": "cali" };

/** Grafana in the cluster, with its data sources, the dashboards of `dashboards/` and the alert rules. It stores nothing. */
export class GrafanaChart extends Construct {
  readonly footprints: readonly PodFootprint[];

  constructor(scope: Construct, id: string, props: GrafanaChartProps) {
    super(scope, id);
    const { namespace, annotations = {} } = props;
    const domain = withLogicalId(
      new DataAwsOpensearchDomain(this, "Domain", { domainName: props.domainName }),
      "logs",
    );
    const secret = new ServiceSecret(this, "Secret", {
      hclName: "grafana_admin",
      name: "grafana-admin",
      namespace,
      labels: LABELS,
      entries: {
        password: {
          variable: "grafana_admin_password",
          description: "Password of Grafana's user admin",
          required: true,
          form: { pattern: "^[!-~]{12,128}$", words: "12 to 128 ASCII characters without white space" },
        },
      },
    });
    const dashboards = this.dashboards(namespace);
    const sources = grafanaDataSources(`https://${domain.endpoint}`, props.openSearchVersion, props.region);
    const chart = new Chart(this, "Chart", {
      chart: "grafana",
      version: "12.11.1",
      repository: "https://grafana-community.github.io/helm-charts",
      namespace,
      valuesFile: "helm-values/grafana-values.yaml",
      inject: {
        serviceAccount: { annotations: { ...annotations } },
        podAnnotations: { "cali/rotation": secret.revision },
        datasources: { "datasources.yaml": { apiVersion: 1, prune: true, datasources: sources } },
        alerting: {
          "rules.yaml": {
            apiVersion: 1,
            groups: [
              {
                orgId: 1,
                name: ALERT_RULE_GROUP,
                folder: ALERT_FOLDER,
                interval: "1m",
                rules: props.alertRules,
              },
            ],
          },
        },
        dashboardsConfigMaps: { cali: DASHBOARDS_MAP },
      },
      dependsOn: [secret.resource, dashboards],
    });
    this.footprints = chartFootprints(chart.values, [
      {
        name: `${SERVICE_ACCOUNTS.grafana.namespace}/grafana`,
        replicas: 1,
        containers: ["resources"],
      },
    ]);
  }

  private dashboards(namespace: string): ConfigMapV1 {
    const files = globSync("*.json", { cwd: DASHBOARDS }).sort();
    return withLogicalId(
      new ConfigMapV1(this, "Dashboards", {
        metadata: { name: DASHBOARDS_MAP, namespace, labels: LABELS },
        data: Object.fromEntries(
          files.map((file) => [
            basename(file),
            // A dashboard's own `${variable}` is Grafana's.
            asText(readFileSync(join(DASHBOARDS, file), "utf8")),
          ]),
        ),
      }),
      "grafana_dashboards",
    );
  }
}
