import { STYLE, svgOf } from "../stacks/graph.ts";

/** How a log line goes through the platform, and how a change of it does, as an SVG graph from left to right. */
export const flowPicture = (): Promise<string> =>
  svgOf(`digraph "How logs and changes flow" {
    rankdir=LR; ${STYLE}
    services [class="kubernetes", label="your services\\nlog generator"];
    fluentbit [class="kubernetes", label="Fluent Bit"];
    consumer [class="kubernetes", label="consumer"];
    milvus [class="kubernetes", label="Milvus\\nknown causes"];
    airflow [class="kubernetes", label="Airflow\\ndaily runs"];
    kinesis [class="aws", label="Kinesis"];
    firehose [class="aws", label="Firehose"];
    raw [class="aws", label="S3 raw/"];
    opensearch [class="aws", label="OpenSearch"];
    kept [class="aws", label="S3 new_errors/"];
    dlq [class="aws", label="S3 dlq/"];
    grafana [class="aws", label="Grafana"];
    slack [class="outside", label="Slack"];
    model [class="outside", label="a language model"];
    services -> fluentbit [label="stdout"];
    fluentbit -> kinesis;
    kinesis -> firehose; firehose -> raw; firehose -> opensearch; opensearch -> grafana;
    kinesis -> consumer;
    consumer -> dlq [label="unreadable"];
    consumer -> slack [label="grouped alerts"];
    consumer -> opensearch [label="incidents"];
    consumer -> kept [label="new errors"];
    consumer -> milvus [label="cause", dir=both];
    consumer -> model [label="no known cause"];
    kept -> airflow [label="learn"]; airflow -> milvus [constraint=false];
  }`);
