import { z } from "zod";
import { domainLogs } from "../../../config/names.ts";
import type { Overrides } from "../../../config/overrides.ts";
import type { Config } from "../../../config/schema.ts";
import { covers, grantsExactly } from "../../core/covers.ts";
import { OpenSearchRequestError } from "../../core/errors.ts";
import { checked } from "./answers.ts";
import type { Connection } from "./client.ts";
import { manageOld } from "./manage-old.ts";
import { securityRoles } from "./roles.ts";
import {
  FIRST_INCIDENT_INDEX,
  INCIDENT_INDEX,
  INCIDENT_INDICES,
  type Item,
  indexTemplates,
  LOG_INDICES,
  retentionPolicies,
} from "./templates.ts";

/** What became of one thing. */
export interface Outcome {
  readonly what: string;
  readonly did: "created" | "changed" | "unchanged" | "kept";
  /** Why it was kept as it is. */
  readonly reason?: string;
}

export interface MakeReadyOptions {
  readonly connection: Connection;
  readonly config: Config;
  /** Of the environment: they may name roles. Default: none. */
  readonly overrides?: Overrides;
  /** 12 digits: whose roles are mapped. */
  readonly account: string;
  /** Only say what differs. */
  readonly checkOnly: boolean;
  /** Told after each thing. */
  readonly onOutcome: (outcome: Outcome) => void;
}

/** How often something is read and put, when others change it meanwhile. */
const MOST_READS = 5;
const CONFLICT = 409;

const templatesSchema = z.object({
  index_templates: z.array(z.object({ index_template: z.record(z.string(), z.unknown()) })),
});
const policySchema = z.object({
  policy: z.record(z.string(), z.unknown()),
  _seq_no: z.int(),
  _primary_term: z.int(),
});
const auditSchema = z.object({ config: z.looseObject({ enabled: z.boolean() }) });
const securitySchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/** Something as the domain has it now. */
interface Found {
  /** undefined: there is none. */
  readonly actual: unknown;
  readonly put: () => Promise<unknown>;
}

/**
 * Puts what Firehose, the consumer and people need before the first document: index templates, retention, the alias of the
 * incidents, roles and whom they are mapped to. A second run changes nothing; a run that was cut off is finished by the next.
 *
 * @throws OpenSearchRequestError; also when others keep changing the same thing.
 */
export async function makeReady(options: MakeReadyOptions): Promise<Outcome[]> {
  const { connection, config, account, checkOnly, onOutcome } = options;
  const outcomes: Outcome[] = [];
  const report = (outcome: Outcome) => {
    outcomes.push(outcome);
    onOutcome(outcome);
  };
  const settle = async (
    item: Item,
    isSame: (actual: unknown, desired: unknown) => boolean,
    read: () => Promise<Found>,
  ) => {
    for (let reads = 1; ; reads++) {
      const { actual, put } = await read();
      if (actual !== undefined && isSame(actual, item.body))
        return report({ what: item.what, did: "unchanged" });
      try {
        if (!checkOnly) await put();
        return report({ what: item.what, did: actual === undefined ? "created" : "changed" });
      } catch (error) {
        const isConflict = error instanceof OpenSearchRequestError && error.status === CONFLICT;
        if (!isConflict || reads === MOST_READS) throw error;
      }
    }
  };

  for (const [name, item] of indexTemplates(config)) {
    const path = `/_index_template/${name}`;
    await settle(item, covers, async () => {
      const answer = await connection.get(path);
      const found = answer === undefined ? undefined : checked(templatesSchema, `GET ${path}`, answer);
      return {
        actual: found?.index_templates[0]?.index_template,
        put: () => connection.put(path, item.body),
      };
    });
  }
  for (const [name, item] of retentionPolicies(config)) {
    const path = `/_plugins/_ism/policies/${name}`;
    await settle(item, covers, async () => {
      const answer = await connection.get(path);
      const found = answer === undefined ? undefined : checked(policySchema, `GET ${path}`, answer);
      // Whoever changed it meanwhile is not overwritten unread.
      const version = found ? `?if_seq_no=${found._seq_no}&if_primary_term=${found._primary_term}` : "";
      return {
        actual: found && { policy: found.policy },
        put: () => connection.put(path + version, item.body),
      };
    });
  }
  report(await incidentAlias(connection, checkOnly));
  for (const [pattern, policy] of [
    [LOG_INDICES, "cali-logs"],
    [INCIDENT_INDICES, "cali-incidents"],
  ] as const) {
    const given = await manageOld(connection, pattern, policy, checkOnly);
    if (given > 0) report({ what: `retention of ${given} older indices ${pattern}`, did: "changed" });
  }
  for (const [name, { role, mapping }] of securityRoles(config, account, options.overrides)) {
    for (const [kind, item] of [
      ["roles", role],
      ["rolesmapping", mapping],
    ] as const) {
      const path = `/_plugins/_security/api/${kind}/${name}`;
      await settle(item, grantsExactly, async () => {
        const answer = await connection.get(path);
        const found = answer === undefined ? undefined : checked(securitySchema, `GET ${path}`, answer);
        return { actual: found?.[name], put: () => connection.put(path, item.body) };
      });
    }
  }
  // A domain that publishes its audit log has none to publish before it is told to keep one:
  // https://docs.aws.amazon.com/opensearch-service/latest/developerguide/audit-logs.html
  if (domainLogs(config).includes("audit")) {
    const path = "/_plugins/_security/api/audit";
    await settle({ what: "audit log", body: { enabled: true } }, covers, async () => {
      const found = checked(auditSchema, `GET ${path}`, await connection.get(path));
      return {
        actual: found.config,
        put: () => connection.put(`${path}/config`, { ...found.config, enabled: true }),
      };
    });
  }
  return outcomes;
}

/** The alias that the consumer writes to, with its first index. */
async function incidentAlias(connection: Connection, checkOnly: boolean): Promise<Outcome> {
  const what = `alias ${INCIDENT_INDEX}`;
  if ((await connection.get(`/_alias/${INCIDENT_INDEX}`)) !== undefined) return { what, did: "unchanged" };
  if ((await connection.get(`/${INCIDENT_INDEX}/_settings`)) !== undefined) {
    const reason = `an index is named ${INCIDENT_INDEX}, so it can neither roll over nor be deleted by age; reindex it into ${FIRST_INCIDENT_INDEX} and delete it to change that`;
    return { what, did: "kept", reason };
  }
  if (!checkOnly) {
    await connection.put(`/${FIRST_INCIDENT_INDEX}`, {
      aliases: { [INCIDENT_INDEX]: { is_write_index: true } },
    });
  }
  return { what, did: "created" };
}
