import { numberAt, textAt } from "./inventory.ts";
import { KIB, type Line, monthRecords, type Pricer, roundedGiB, times } from "./line.ts";

/** A record counts in steps of 25 KB. https://aws.amazon.com/kinesis/data-streams/pricing/ */
const PUT_PAYLOAD_BYTES = 25 * KIB;
/** On demand, and in Firehose: steps of 1 KB and of 5 KB. https://aws.amazon.com/firehose/pricing/ */
const ON_DEMAND_BYTES = KIB;
const FIREHOSE_BYTES = 5 * KIB;
/** Two delivery streams and the consumer read every record. */
const READERS = 3;
const INCLUDED_HOURS = 24;
const EXTENDED_HOURS = 7 * 24;

export const kinesisStream: Pricer = (values, context) => {
  const { hoursPerMonth } = context.config.cost;
  const retention = numberAt(values, "retention_period") ?? INCLUDED_HOURS;
  const longTerm: Line[] =
    retention > EXTENDED_HOURS
      ? [
          {
            what: `records older than 7 days, up to ${retention} hours`,
            price: "kinesis.long-term-retention",
            quantity: (roundedGiB(context, 1) * (retention - EXTENDED_HOURS)) / hoursPerMonth,
          },
        ]
      : [];
  if (textAt(values, "stream_mode_details", "stream_mode") === "ON_DEMAND") {
    const size = roundedGiB(context, ON_DEMAND_BYTES);
    return [
      { what: "stream on demand", price: "kinesis.on-demand-stream", quantity: hoursPerMonth },
      { what: "data in, records rounded up to 1 KB", price: "kinesis.on-demand-in", quantity: size },
      { what: `data out to ${READERS} readers`, price: "kinesis.on-demand-out", quantity: size * READERS },
      ...(retention > INCLUDED_HOURS
        ? [
            {
              what: "records older than 24 hours, up to 7 days",
              price: "kinesis.on-demand-retention",
              quantity:
                (roundedGiB(context, 1) * (Math.min(retention, EXTENDED_HOURS) - INCLUDED_HOURS)) /
                hoursPerMonth,
            },
          ]
        : []),
      ...longTerm,
    ];
  }
  const shards = numberAt(values, "shard_count");
  const payloads = Math.ceil(context.config.cost.recordBytes / PUT_PAYLOAD_BYTES);
  return [
    { what: `${shards ?? "?"} shards`, price: "kinesis.shard", quantity: times(shards, hoursPerMonth) },
    {
      what: "PUT payload units of 25 KB",
      price: "kinesis.put-payload",
      quantity: (monthRecords(context) * payloads) / 1e6,
    },
    ...(retention > INCLUDED_HOURS
      ? [
          {
            what: "retention over 24 hours",
            price: "kinesis.extended-retention",
            quantity: times(shards, hoursPerMonth),
          },
        ]
      : []),
    ...longTerm,
  ];
};

export const firehose: Pricer = (_, context) => [
  {
    what: "data in, records rounded up to 5 KB",
    price: "firehose.ingestion",
    quantity: roundedGiB(context, FIREHOSE_BYTES),
  },
];
