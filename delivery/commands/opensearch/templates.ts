import { LOG_INDEX } from "../../../config/names.ts";
import type { Config } from "../../../config/schema.ts";

/** Index of the consumer's incidents; an alias, behind which the indices roll over. */
export const INCIDENT_INDEX = "cali-incidents";
/** Its first index. */
export const FIRST_INCIDENT_INDEX = `${INCIDENT_INDEX}-000001`;
/** The indices that Firehose makes, one a day. */
export const LOG_INDICES = `${LOG_INDEX}-*`;
export const INCIDENT_INDICES = `${INCIDENT_INDEX}-*`;

/** Days after which a new index of incidents begins. */
const INCIDENT_ROLLOVER_DAYS = 30;
/** A keyword that is longer is kept and shown, but not searched for: Lucene takes 32,766 bytes. */
const LONGEST_KEYWORD = 1024;

/** Something that is put under a name: an index template, a policy, a role. */
export interface Item {
  /** In a line for people, such as `index template cali-logs`. */
  readonly what: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const keyword = { type: "keyword", ignore_above: LONGEST_KEYWORD };
const date = { type: "date", ignore_malformed: true };
const text = { type: "text", fields: { keyword } };
const count = { type: "long", ignore_malformed: true };

/** Fields of a log record, as `packages/log-record` defines it and Firehose writes it. */
export const LOG_FIELDS = {
  timestamp: date,
  level: keyword,
  service: keyword,
  version: keyword,
  trace_id: keyword,
  message: text,
  log_content: { type: "text" },
  platform: keyword,
  environment: keyword,
  pod_name: keyword,
  error_code: keyword,
  error_type: keyword,
  level_source: keyword,
  timestamp_source: keyword,
  source_id: keyword,
  truncated: { type: "boolean" },
} as const;

/** Of logs that only the consumer can read, as Fluent Bit sends them: the text, and lines left out before it. */
const TEXT_FIELDS = { log: { type: "text" }, dropped_lines: count } as const;

/** Fields of an incident, as the consumer writes it. */
export const INCIDENT_FIELDS = {
  "@timestamp": date,
  alert_id: keyword,
  fingerprint: keyword,
  service: keyword,
  level: keyword,
  template: text,
  error_code: keyword,
  count,
  total: count,
  suppressed: count,
  first_seen: date,
  last_seen: date,
  samples: { type: "text" },
  is_new: { type: "boolean" },
  /** Takes whatever stands there, also what is no object; each leaf is found by its exact value. */
  cause: { type: "flat_object" },
} as const;

/** `flat_object` came with OpenSearch 2.7 (https://docs.opensearch.org/latest/field-types/supported-field-types/flat-object/). */
const FLAT_OBJECT_SINCE = 2.07;

/** The fields of an incident as a version has them: before `flat_object`, what accepts anything is kept and not searched. */
function incidentFields(version: string): Readonly<Record<string, unknown>> {
  const [major = 0, minor = 0] = version.replace("OpenSearch_", "").split(".").map(Number);
  const hasFlatObject = major + minor / 100 >= FLAT_OBJECT_SINCE;
  return hasFlatObject ? INCIDENT_FIELDS : { ...INCIDENT_FIELDS, cause: { type: "object", enabled: false } };
}

/**
 * The index templates. One shard holds a day of what this platform is made for; a replica on the only node would never be placed, and
 * the domain stay yellow. What is not in the mapping is kept in the document and not indexed: a new field can neither break
 * an index nor be refused. A value of another type than its field's costs the field, not the document.
 */
export function indexTemplates({ domain }: Config): ReadonlyMap<string, Item> {
  const settings = {
    number_of_shards: 1,
    number_of_replicas: domain.instanceCount > 1 ? 1 : 0,
  };
  const template = (pattern: string, properties: object, more: object = {}) => ({
    index_patterns: [pattern],
    priority: 100,
    template: {
      settings: { index: { ...settings, mapping: { ignore_malformed: true }, ...more } },
      mappings: { dynamic: false, properties },
    },
  });
  const rollover = { plugins: { index_state_management: { rollover_alias: INCIDENT_INDEX } } };
  return new Map([
    [
      "cali-logs",
      {
        what: "index template cali-logs",
        body: template(LOG_INDICES, { ...LOG_FIELDS, ...TEXT_FIELDS }),
      },
    ],
    [
      "cali-incidents",
      {
        what: "index template cali-incidents",
        body: template(INCIDENT_INDICES, incidentFields(domain.version), rollover),
      },
    ],
  ]);
}

/**
 * The policies of Index State Management that delete what is old. An index of incidents is deleted when the youngest of
 * them is as old as the retention says.
 */
export function retentionPolicies({ domain }: Config): ReadonlyMap<string, Item> {
  const { logsDays, incidentsDays } = domain.retention;
  const policy = (description: string, pattern: string, days: number, actions: object[]) => ({
    policy: {
      description,
      default_state: "hot",
      states: [
        {
          name: "hot",
          actions,
          transitions: [{ state_name: "delete", conditions: { min_index_age: `${days}d` } }],
        },
        { name: "delete", actions: [{ delete: {} }], transitions: [] },
      ],
      ism_template: [{ index_patterns: [pattern], priority: 100 }],
    },
  });
  return new Map([
    [
      "cali-logs",
      {
        what: `retention of logs: ${logsDays} days`,
        body: policy("CALI: deletes old logs", LOG_INDICES, logsDays, []),
      },
    ],
    [
      "cali-incidents",
      {
        what: `retention of incidents: ${incidentsDays} days`,
        body: policy(
          "CALI: rolls incidents over, and deletes old ones",
          INCIDENT_INDICES,
          incidentsDays + INCIDENT_ROLLOVER_DAYS,
          [{ rollover: { min_index_age: `${INCIDENT_ROLLOVER_DAYS}d` } }],
        ),
      },
    ],
  ]);
}
