import { z } from "zod";
import type { Config } from "../../config/schema.ts";
import type { Connection } from "./client.ts";
import { covers } from "./covers.ts";
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
  /** 12 digits: whose roles are mapped. */
  readonly account: string;
  /** Only say what differs. */
  readonly checkOnly: boolean;
  /** Told after each thing. */
  readonly onOutcome: (outcome: Outcome) => void;
}

const templatesSchema = z.object({ index_templates: z.array(z.object({ index_template: z.unknown() })) });
const policySchema = z.object({ policy: z.unknown(), _seq_no: z.int(), _primary_term: z.int() });
const explainSchema = z.record(z.string(), z.unknown());

/**
 * Puts what Firehose, the consumer and people need before the first document: index templates, retention, the alias of the
 * incidents, roles and whom they are mapped to. A second run changes nothing; a run that was cut off is finished by the next.
 *
 * @throws OpenSearchRequestError
 */
export async function makeReady(options: MakeReadyOptions): Promise<Outcome[]> {
  const { connection, config, account, checkOnly, onOutcome } = options;
  const outcomes: Outcome[] = [];
  const tell = (outcome: Outcome) => {
    outcomes.push(outcome);
    onOutcome(outcome);
  };
  const settle = async (item: Item, actual: unknown, put: () => Promise<unknown>) => {
    if (actual !== undefined && covers(actual, item.body)) {
      tell({ what: item.what, did: "unchanged" });
      return false;
    }
    if (!checkOnly) await put();
    tell({ what: item.what, did: actual === undefined ? "created" : "changed" });
    return true;
  };

  for (const [name, item] of indexTemplates(config)) {
    const path = `/_index_template/${name}`;
    const answer = await connection.get(path);
    const actual = answer && templatesSchema.parse(answer).index_templates[0]?.index_template;
    await settle(item, actual, () => connection.put(path, item.body));
  }
  for (const [name, item] of retentionPolicies(config)) {
    const path = `/_plugins/_ism/policies/${name}`;
    const answer = await connection.get(path);
    const found = answer === undefined ? undefined : policySchema.parse(answer);
    // Whoever changed it meanwhile is not overwritten.
    const version = found ? `?if_seq_no=${found._seq_no}&if_primary_term=${found._primary_term}` : "";
    await settle(item, found && { policy: found.policy }, () => connection.put(path + version, item.body));
  }
  tell(await incidentAlias(connection, checkOnly));
  for (const [pattern, policy] of [
    [LOG_INDICES, "cali-logs"],
    [INCIDENT_INDICES, "cali-incidents"],
  ] as const) {
    const outcome = await manageOld(connection, pattern, policy, checkOnly);
    if (outcome) tell(outcome);
  }
  for (const [name, { role, mapping }] of securityRoles(config, account)) {
    for (const [kind, item] of [
      ["roles", role],
      ["rolesmapping", mapping],
    ] as const) {
      const path = `/_plugins/_security/api/${kind}/${name}`;
      const answer = (await connection.get(path)) as Record<string, unknown> | undefined;
      await settle(item, answer?.[name], () => connection.put(path, item.body));
    }
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

/** Gives the policy to indices that are older than it; new ones get it by themselves. */
async function manageOld(
  connection: Connection,
  pattern: string,
  policy: string,
  checkOnly: boolean,
): Promise<Outcome | undefined> {
  const explained = explainSchema.parse((await connection.get(`/_plugins/_ism/explain/${pattern}`)) ?? {});
  const unmanaged = Object.entries(explained).filter(
    ([, one]) =>
      typeof one === "object" &&
      one !== null &&
      !(one as Record<string, unknown>)["index.plugins.index_state_management.policy_id"],
  );
  if (unmanaged.length === 0) return undefined;
  if (!checkOnly) await connection.post(`/_plugins/_ism/add/${pattern}`, { policy_id: policy });
  return { what: `retention of ${unmanaged.length} older indices ${pattern}`, did: "changed" };
}
