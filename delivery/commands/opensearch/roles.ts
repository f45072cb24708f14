import type { Overrides } from "../../../config/overrides.ts";
import type { Config } from "../../../config/schema.ts";
import { actualNames } from "../../core/names.ts";
import { INCIDENT_INDEX, type Item } from "./templates.ts";

/** Who gets what in the domain: a role of the security plugin, and whom it is mapped to. */
export interface SecurityRole {
  readonly role: Item;
  readonly mapping: Item;
}

const LOGS = "cali-logs*";
const INCIDENTS = `${INCIDENT_INDEX}*`;

/**
 * One least-privilege role each for Firehose, the consumer, and whoever reads: Grafana and the team.
 *
 * @param account 12 digits.
 * @param overrides of the environment: they may name the roles. Default: none.
 */
export function securityRoles(
  config: Config,
  account: string,
  overrides: Overrides = {},
): ReadonlyMap<string, SecurityRole> {
  const { iam, grafana, team } = config;
  const names = actualNames(config, overrides, account);
  const consumer = names.roleArn(iam.workloadRoles === "application" ? "application" : "consumer");
  const readers = [
    ...(grafana.mode === "off"
      ? []
      : [names.roleArn(grafana.mode === "chart" ? "grafana" : "grafanaWorkspace")]),
    ...team,
  ];
  return new Map([
    security("cali_firehose", [names.roleArn("firehose")], {
      // What Firehose asks for (https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html), on its own indices only.
      cluster_permissions: ["cluster_composite_ops", "cluster_monitor"],
      index_permissions: [indices(LOGS, ["crud", "create_index", "manage"])],
    }),
    security("cali_consumer", [consumer], {
      cluster_permissions: ["cluster_composite_ops"],
      index_permissions: [indices(INCIDENTS, ["crud", "create_index"])],
    }),
    security("cali_reader", readers, {
      cluster_permissions: ["cluster_composite_ops_ro", "cluster:monitor/main", "cluster:monitor/state"],
      index_permissions: [
        indices(
          [LOGS, INCIDENTS],
          [
            "read",
            "indices:admin/mappings/get",
            "indices:admin/mappings/fields/get*",
            "indices:admin/get",
            "indices:monitor/settings/get",
            "indices:monitor/stats",
          ],
        ),
      ],
      tenant_permissions: [{ tenant_patterns: ["global_tenant"], allowed_actions: ["kibana_all_read"] }],
    }),
  ]);
}

function indices(patterns: string | readonly string[], actions: readonly string[]) {
  return { index_patterns: [patterns].flat(), allowed_actions: actions };
}

/** IAM roles come as backend roles, IAM users as users. */
function security(
  name: string,
  arns: readonly string[],
  permissions: Record<string, unknown>,
): [string, SecurityRole] {
  const isUser = (arn: string) => /:user\//.test(arn);
  return [
    name,
    {
      role: { what: `role ${name}`, body: permissions },
      mapping: {
        what: `mapping of ${name} to ${arns.length === 0 ? "nobody" : arns.map((arn) => arn.split("/").at(-1)).join(", ")}`,
        body: {
          backend_roles: arns.filter((arn) => !isUser(arn)),
          users: arns.filter(isUser),
          hosts: [],
        },
      },
    },
  ];
}
