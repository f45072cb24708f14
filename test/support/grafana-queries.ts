/** A query of a panel's or a rule's, in the form of Grafana's OpenSearch plugin. */
export interface PanelQuery {
  readonly query: string;
  readonly timeField: string;
  readonly metrics: readonly {
    readonly id: string;
    readonly type: "count" | "sum" | "cardinality" | "logs";
    readonly field?: string;
    readonly settings?: Readonly<Record<string, string>>;
  }[];
  readonly bucketAggs: readonly {
    readonly id: string;
    readonly type: "terms" | "date_histogram";
    readonly field: string;
    readonly settings: Readonly<Record<string, string>>;
  }[];
}

/** The parts of a search's answer that the plugin reads. */
interface Answer {
  readonly hits?: { readonly hits: readonly { readonly _source: { readonly message?: string } }[] };
  readonly aggregations?: Aggregations;
}
type Aggregations = Readonly<
  Record<string, { readonly value?: number; readonly buckets?: readonly Bucket[] }>
>;
type Bucket = { readonly key: string | number; readonly doc_count: number } & Aggregations;

/** What an answer comes to: a sum for each group, and each group's points in time, where the query asks for them. */
export interface PanelAnswer {
  readonly totals: Record<string, number>;
  readonly points: Record<string, [time: number, value: number][]>;
}

/** The plugin's own number where a query of logs says none. */
const DEFAULT_LOGS = 500;

/**
 * The search that the plugin sends for a query, as its version 2.34.2 was seen to. Two things it does otherwise: it says `interval`, which OpenSearch
 * takes as well, and counts logs over time besides.
 *
 * @param step of a histogram whose interval is `auto`
 */
export function searchOf(
  { query, timeField, metrics, bucketAggs }: PanelQuery,
  from: number,
  to: number,
  step = "60s",
): object {
  const [metric] = metrics;
  const filter = [
    { range: { [timeField]: { gte: from, lte: to, format: "epoch_millis" } } },
    { query_string: { analyze_wildcard: true, query } },
  ];
  if (metric?.type === "logs") {
    const size = Number(metric.settings?.size ?? DEFAULT_LOGS);
    return { size, query: { bool: { filter } }, sort: [{ [timeField]: { order: "desc" } }] };
  }
  const values = Object.fromEntries(
    metrics
      .filter(({ type }) => type !== "count")
      .map(({ id, type, field, settings }) => [id, { [type]: { field, ...settings } }]),
  );
  let aggs: object = values;
  for (const { id, type, field, settings } of bucketAggs.toReversed()) {
    const min_doc_count = Number(settings.min_doc_count);
    if (type === "date_histogram") {
      const fixed_interval = settings.interval === "auto" ? step : settings.interval;
      const extended_bounds = { min: from, max: to };
      const own = { field, fixed_interval, min_doc_count, extended_bounds, format: "epoch_millis" };
      aggs = { [id]: { date_histogram: own, aggs } };
    } else {
      const { orderBy = "_count", order } = settings;
      const own = { field, size: Number(settings.size), order: { [orderBy]: order }, min_doc_count };
      aggs = { [id]: { terms: own, aggs: { ...aggs, ...(orderBy !== "_count" && values) } } };
    }
  }
  return { size: 0, query: { bool: { filter } }, aggs };
}

/** What the plugin makes of a search's answer. */
export function answerOf({ metrics, bucketAggs }: PanelQuery, answer: unknown): PanelAnswer {
  const { hits, aggregations } = answer as Answer;
  const [metric] = metrics;
  const totals: Record<string, number> = {};
  const points: PanelAnswer["points"] = {};
  if (metric?.type === "logs") {
    for (const { _source } of hits?.hits ?? []) {
      totals[_source.message ?? ""] = (totals[_source.message ?? ""] ?? 0) + 1;
    }
    return { totals, points };
  }
  const descend = (level: Aggregations, depth: number, group: readonly string[]) => {
    const { id = "", type } = bucketAggs[depth] ?? {};
    for (const bucket of level[id]?.buckets ?? []) {
      const below = type === "terms" ? [...group, String(bucket.key)] : group;
      if (depth + 1 < bucketAggs.length) {
        descend(bucket, depth + 1, below);
        continue;
      }
      const value = metric?.type === "count" ? bucket.doc_count : (bucket[metric?.id ?? ""]?.value ?? 0);
      const name = below.join(", ");
      totals[name] = (totals[name] ?? 0) + value;
      if (type !== "date_histogram") continue;
      points[name] ??= [];
      points[name].push([Number(bucket.key), value]);
    }
  };
  descend(aggregations ?? {}, 0, []);
  return { totals, points };
}
