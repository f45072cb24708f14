import { GrafanaWorkspace } from "@cdktf/provider-aws/lib/grafana-workspace/index.js";
import { GrafanaWorkspaceSamlConfiguration } from "@cdktf/provider-aws/lib/grafana-workspace-saml-configuration/index.js";
import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import type { Handle } from "../constructs/handle.ts";
import { withLogicalId } from "../constructs/logical-id.ts";

export interface GrafanaProps {
  readonly config: Config;
  readonly names: Names;
  /** The role the workspace queries with; there is one in mode `managed` only. */
  readonly workspaceRoleArn: Handle | undefined;
}

/**
 * 04: the Amazon Managed Grafana workspace. It is empty in the modes `off` and `chart`, and has a state all the
 * same: that is how a workspace goes when it is switched off.
 */
export class Grafana extends Construct {
  readonly workspace: GrafanaWorkspace | undefined;

  constructor(scope: Construct, id: string, { config, names, workspaceRoleArn }: GrafanaProps) {
    super(scope, id);
    if (config.grafana.mode !== "managed" || !workspaceRoleArn) return;
    const { login, version } = config.grafana;
    this.workspace = withLogicalId(
      new GrafanaWorkspace(this, "Default", {
        name: names.grafanaWorkspace,
        accountAccessType: "CURRENT_ACCOUNT",
        authenticationProviders: [login.kind === "saml" ? "SAML" : "AWS_SSO"],
        permissionType: "CUSTOMER_MANAGED",
        roleArn: workspaceRoleArn.valueFor(this, names),
        dataSources: ["AMAZON_OPENSEARCH_SERVICE", "CLOUDWATCH"],
        grafanaVersion: version,
        tags: { Name: names.grafanaWorkspace },
      }),
      "main",
    );
    if (login.kind === "saml") {
      withLogicalId(
        new GrafanaWorkspaceSamlConfiguration(this, "Saml", {
          workspaceId: this.workspace.id,
          idpMetadataUrl: login.metadataUrl,
          roleAssertion: login.roleAssertion,
          adminRoleValues: login.adminRoles,
          editorRoleValues: login.editorRoles,
        }),
        "main",
      );
    }
  }
}
