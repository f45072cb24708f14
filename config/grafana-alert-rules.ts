import { DATA_SOURCE_UIDS } from "./grafana-data-sources.ts";
import type { Names } from "./names.ts";
import type { Config } from "./schema.ts";

/** A rule as Grafana provisions it. https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/ */
export interface AlertRule {
  readonly uid: string;
  readonly title: string;
  /** Which of `data` decides. */
  readonly condition: string;
  readonly data: readonly AlertQuery[];
  readonly noDataState: "NoData" | "Alerting" | "OK";
  readonly execErrState: "Error";
  /** How long it has to be so, such as `10m`. */
  readonly for: string;
  readonly annotations: { readonly summary: string; readonly runbook: string };
  readonly labels: { readonly platform: "cali"; readonly severity: Severity };
}

/** A query, or an expression over one. */
interface AlertQuery {
  readonly refId: string;
  readonly datasourceUid: string;
  /** Seconds before now. */
  readonly relativeTimeRange: { readonly from: number; readonly to: number };
  readonly model: Readonly<Record<string, unknown>>;
}

/** critical: logs or alerts are lost, or will be; warning: they are late. */
type Severity = "critical" | "warning";

/** Where rules stand in Grafana; it evaluates a group once a minute. */
export const ALERT_RULE_GROUP = "platform";
export const ALERT_FOLDER = "CALI";
/** How the id of each begins. */
export const RULE_UID = "cali-";

/** Wordings of the consumer's own log, which is in OpenSearch as everybody's. */
const CONSUMER_SERVICE = "cali-consumer";
const SLACK_FAILS = ["alerts wait for Slack"];
const SLACK_REFUSES = ["Slack refuses an alert", "alerts go to a fallback webhook"];

/** Seconds after which Firehose is late: it gathers for at most five minutes, and tries again once. */
const FIREHOSE_LATE_S = 900;
/** Seconds that Firehose may take to bring the consumer's log or an incident. */
const LOG_WINDOW_S = 1_800;
/** Seconds without a sign of life, and fewest signs within them: a fence is renewed every `state.leaseDurationMs` / 4, which is 84 times by default. */
const SILENCE_S = 420;
const LEAST_SIGNS = 3;
const MIB_OF_GIB = 1_024;

interface Spec {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly for: string;
  /** Why somebody should look, for whoever is woken by it. */
  readonly why: string;
  /** Heading's anchor in `docs/operations.md`. */
  readonly runbook: string;
  readonly query: Query;
  readonly reducer: "max" | "min" | "last" | "sum";
  readonly fires: readonly ["gt" | "lt", number];
  /** What it means that there is nothing. Default: all is well. */
  readonly noData?: AlertRule["noDataState"];
}

type Query = Pick<AlertQuery, "datasourceUid" | "model"> & { readonly seconds: number };

/**
 * Rules for the platform itself, over the data sources of the dashboards: nothing that fails with the consumer is asked about it.
 *
 * @param names with the account's number, which is a dimension of the domain's metrics
 */
export function grafanaAlertRules(names: Names, config: Config): AlertRule[] {
  return [
    ...streamRules(names, config),
    ...consumerRules(names, config),
    ...firehoseRules(names),
    ...domainRules(names, config),
    ...slackRules(),
  ].map(ruleOf);
}

function streamRules(names: Names, { stream }: Config): Spec[] {
  const age = metric("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "Maximum", {
    StreamName: names.stream,
  });
  const lags = { runbook: "the-consumer-lags", query: age, reducer: "last" } as const;
  return [
    {
      ...{ ...lags, id: "consumer-lags", title: "The consumer lags", severity: "warning", for: "10m" },
      why: "Records wait for more than five minutes: alerts come late.",
      fires: ["gt", 300_000],
    },
    {
      ...{
        ...lags,
        id: "records-expire",
        title: "Records are about to expire",
        severity: "critical",
        for: "5m",
      },
      why: `Records wait for half of the ${stream.retentionHours} hours that the stream keeps them: what expires is never read.`,
      fires: ["gt", (stream.retentionHours * 3_600_000) / 2],
    },
  ];
}

/** Whoever works renews the fence in the consumer's table, a worker of KCL its leases in the library's. Without a table there is nothing to see. */
function consumerRules(names: Names, { consumerTable, services }: Config): Spec[] {
  if (!consumerTable) return [];
  const isKcl = services.consumer.engine === "kcl";
  const updates = (table: string) =>
    metric(
      "AWS/DynamoDB",
      "SuccessfulRequestLatency",
      "SampleCount",
      { TableName: table, Operation: "UpdateItem" },
      SILENCE_S,
    );
  const silent = { severity: "critical", for: "2m", reducer: "sum", noData: "Alerting" } as const;
  const isDown: Spec = {
    ...{
      ...silent,
      id: "consumer-down",
      title: "No consumer reads the stream",
      runbook: "the-consumer-is-down",
    },
    why: "Nobody reads the stream: no line is looked at and no alert is sent. Records wait until they expire.",
    query: updates(isKcl ? names.kclApplication : names.consumerTable),
    fires: ["lt", LEAST_SIGNS],
  };
  if (!isKcl) return [isDown];
  return [
    isDown,
    {
      ...{
        ...silent,
        id: "notifier-silent",
        title: "The notifier is silent",
        runbook: "the-notifier-is-silent",
      },
      why: "Workers count, but nobody sends: alerts wait in the state.",
      query: updates(names.consumerTable),
      fires: ["lt", LEAST_SIGNS],
    },
  ];
}

function firehoseRules(names: Names): Spec[] {
  const late = (to: string, name: string, metricName: string, why: string): Spec => ({
    ...{ id: `firehose-${to}-late`, title: `Firehose is late to ${name}`, severity: "warning", for: "10m" },
    ...{ why, runbook: "firehose-fails", reducer: "last", fires: ["gt", FIREHOSE_LATE_S] },
    query: metric("AWS/Firehose", metricName, "Maximum", {
      DeliveryStreamName: to === "s3" ? names.firehoseToS3 : names.firehoseToOpenSearch,
    }),
  });
  return [
    late("s3", "S3", "DeliveryToS3.DataFreshness", "raw/ lacks the last 15 minutes."),
    late(
      "opensearch",
      "OpenSearch",
      "DeliveryToAmazonOpenSearchService.DataFreshness",
      "The last 15 minutes cannot be searched for, and the rules over logs see nothing new.",
    ),
  ];
}

function domainRules(names: Names, { domain }: Config): Spec[] {
  const dimensions = { DomainName: names.domain, ClientId: names.account };
  const full = { runbook: "the-domain-is-full", for: "5m" } as const;
  return [
    {
      ...{ ...full, id: "domain-fills", title: "The domain's disk fills up", severity: "warning" },
      why: "Less than a quarter of a node's volume is free, which is where AWS wants an alarm.",
      query: metric("AWS/ES", "FreeStorageSpace", "Minimum", dimensions),
      ...{ reducer: "last", fires: ["lt", (domain.volumeGiB * MIB_OF_GIB) / 4], noData: "NoData" },
    },
    {
      ...{
        ...full,
        id: "domain-read-only",
        title: "The domain takes no more documents",
        severity: "critical",
      },
      why: "OpenSearch refuses to write, for want of space or memory: logs and incidents wait, or end in firehose-failed/.",
      query: metric("AWS/ES", "ClusterIndexWritesBlocked", "Maximum", dimensions),
      ...{ reducer: "max", fires: ["gt", 0] },
    },
  ];
}

function slackRules(): Spec[] {
  const own = (wordings: readonly string[]) =>
    documents(
      DATA_SOURCE_UIDS.logs,
      "timestamp",
      `service:"${CONSUMER_SERVICE}" AND message:(${wordings.map((one) => `"${one}"`).join(" OR ")})`,
    );
  const slack = { runbook: "slack-hears-nothing", reducer: "sum" } as const;
  return [
    {
      ...{ ...slack, id: "slack-fails", title: "Slack takes no alerts", severity: "critical", for: "5m" },
      why: "The consumer tried Slack again and again: alerts wait in the state.",
      query: own(SLACK_FAILS),
      fires: ["gt", 5],
    },
    {
      ...{ ...slack, id: "slack-refuses", title: "Slack refuses alerts", severity: "warning", for: "1m" },
      why: "A webhook is gone and its alerts go elsewhere, or an alert was seen by nobody.",
      query: own(SLACK_REFUSES),
      fires: ["gt", 0],
    },
    {
      ...{ id: "dead-letters", title: "Many dead letters", severity: "warning", for: "1m" },
      why: "More than 5 % of a service's lines cannot be read: nobody is told what they say.",
      ...{ runbook: "dead-letters", reducer: "sum", fires: ["gt", 0] },
      query: documents(DATA_SOURCE_UIDS.incidents, "@timestamp", "error_code:DEAD_LETTERS"),
    },
  ];
}

/** What AWS publishes, a point a minute. */
function metric(
  namespace: string,
  metricName: string,
  statistic: string,
  dimensions: Readonly<Record<string, string>>,
  seconds = 600,
): Query {
  return {
    datasourceUid: DATA_SOURCE_UIDS.metrics,
    seconds,
    model: {
      ...{ queryMode: "Metrics", metricQueryType: 0, metricEditorMode: 0, region: "default" },
      ...{ namespace, metricName, statistic, dimensions, period: "60", matchExact: true },
      ...{ id: "", expression: "", sqlExpression: "" },
    },
  };
}

/** How many documents there are. */
function documents(datasourceUid: string, timeField: string, query: string): Query {
  return {
    datasourceUid,
    seconds: LOG_WINDOW_S,
    model: {
      ...{ queryType: "lucene", query, timeField, metrics: [{ id: "1", type: "count" }] },
      bucketAggs: [
        {
          id: "2",
          type: "date_histogram",
          field: timeField,
          settings: { interval: "5m", min_doc_count: "0" },
        },
      ],
    },
  };
}

function ruleOf({
  id,
  title,
  severity,
  why,
  runbook,
  query,
  reducer,
  fires,
  noData = "OK",
  ...spec
}: Spec): AlertRule {
  const { seconds, datasourceUid, model } = query;
  const [type, limit] = fires;
  const expression = (refId: string, more: object) => ({
    refId,
    datasourceUid: "__expr__",
    relativeTimeRange: { from: seconds, to: 0 },
    model: { refId, datasource: { type: "__expr__", uid: "__expr__" }, ...more },
  });
  return {
    uid: `${RULE_UID}${id}`,
    title,
    condition: "C",
    data: [
      {
        refId: "A",
        datasourceUid,
        relativeTimeRange: { from: seconds, to: 0 },
        model: { refId: "A", ...model },
      },
      expression("B", { type: "reduce", expression: "A", reducer, settings: { mode: "dropNN" } }),
      expression("C", {
        ...{ type: "threshold", expression: "B" },
        conditions: [{ evaluator: { type, params: [limit] } }],
      }),
    ],
    noDataState: noData,
    execErrState: "Error",
    for: spec.for,
    annotations: { summary: why, runbook: `docs/operations.md#${runbook}` },
    labels: { platform: "cali", severity },
  };
}
