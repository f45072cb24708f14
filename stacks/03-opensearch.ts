import {
  OpensearchDomain,
  type OpensearchDomainAdvancedSecurityOptions,
} from "@cdktf/provider-aws/lib/opensearch-domain/index.js";
import { Fn, Token } from "cdktf";
import { Construct } from "constructs";
import { domainLogs, type Names } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { zonesOf } from "../config/zones.ts";
import { DomainLogs } from "../constructs/domain-logs.ts";
import { Handle } from "../constructs/handle.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { policyDocument, type Statement } from "../constructs/policy-document.ts";
import { protectedLifecycle } from "../constructs/protection.ts";
import { masterPasswordVariable } from "../constructs/terraform-variables.ts";

export interface OpenSearchProps {
  readonly config: Config;
  readonly names: Names;
  /** The role that administers the domain; undefined where a user with a password does. */
  readonly adminRoleArn: Handle | undefined;
  readonly firehoseRoleArn: Handle;
  /** Roles of workloads, of Grafana and of the administrator, that query or write. */
  readonly readerRoleArns: readonly Handle[];
  /** ARNs of the team, plain or one reference to a list. */
  readonly team: string[];
}

/** 03: the OpenSearch domain of logs and incidents. */
export class OpenSearch extends Construct {
  readonly domain: OpensearchDomain;
  readonly domainArn: Handle;
  readonly domainName: Handle;

  constructor(scope: Construct, id: string, props: OpenSearchProps) {
    super(scope, id);
    const { config, names } = props;
    const types = domainLogs(config);
    const logs =
      types.length > 0
        ? new DomainLogs(this, "Logs", {
            names,
            types,
            retentionDays: config.domain.logs.retentionDays,
            kmsKeyArn: config.kmsKeys.logGroups,
          })
        : undefined;
    this.domain = withLogicalId(
      new OpensearchDomain(this, "Default", {
        domainName: names.domain,
        engineVersion: config.domain.version,
        clusterConfig: {
          instanceType: config.domain.instanceType,
          instanceCount: config.domain.instanceCount,
          ...zoneAwareness(zonesOf(config.domain.instanceCount)),
        },
        ebsOptions: { ebsEnabled: true, volumeSize: config.domain.volumeGiB, volumeType: "gp3" },
        encryptAtRest: {
          enabled: true,
          ...(config.kmsKeys.domain !== null && { kmsKeyId: config.kmsKeys.domain }),
        },
        nodeToNodeEncryption: { enabled: true },
        domainEndpointOptions: { enforceHttps: true, tlsSecurityPolicy: config.domain.tlsPolicy },
        advancedSecurityOptions: this.masterUser(props),
        accessPolicies: this.accessPolicy(props),
        ...(config.domain.vpc && { vpcOptions: config.domain.vpc }),
        ...(logs && { logPublishingOptions: logs.publishing, dependsOn: logs.dependsOn }),
        tags: { Name: names.domain },
        lifecycle: protectedLifecycle(config.protection.preventDestroy),
      }),
      "logs",
    );
    this.domainArn = new Handle(this, this.domain.arn, (own) => own.domainArn);
    this.domainName = new Handle(this, this.domain.domainName, (own) => own.domain);
  }

  private masterUser({
    config,
    names,
    adminRoleArn,
  }: OpenSearchProps): OpensearchDomainAdvancedSecurityOptions {
    const { masterUser } = config.domain;
    if (masterUser.kind === "iam" && adminRoleArn) {
      return {
        enabled: true,
        internalUserDatabaseEnabled: false,
        masterUserOptions: { masterUserArn: adminRoleArn.valueFor(this, names) },
      };
    }
    return {
      enabled: true,
      internalUserDatabaseEnabled: true,
      masterUserOptions: {
        ...(masterUser.kind === "internal" && { masterUserName: masterUser.name }),
        masterUserPassword: masterPasswordVariable(this).stringValue,
      },
    };
  }

  private accessPolicy({ config, names, firehoseRoleArn, readerRoleArns, team }: OpenSearchProps): string {
    const { actions, anyPrincipal } = config.domain.access;
    const allow = (principal: string | readonly string[]): Statement => ({
      Effect: "Allow",
      Principal: { AWS: principal },
      Action: actions.length === 1 ? (actions[0] ?? "") : actions,
      Resource: `${names.domainArn}/*`,
    });
    const firehose = allow(firehoseRoleArn.valueFor(this, names));
    const everyone = anyPrincipal ? [allow("*")] : [];
    const readers = readerRoleArns.map((role) => role.valueFor(this, names));
    if (!Token.isUnresolved(team))
      return policyDocument([firehose, allow([...team, ...readers]), ...everyone]);
    const readersAndTeam = Fn.jsonencode(Fn.flatten([team, ...readers]));
    return policyDocument([firehose, allow(readersAndTeam), ...everyone], [readersAndTeam]);
  }
}

function zoneAwareness(zones: number) {
  return zones === 1
    ? { zoneAwarenessEnabled: false }
    : { zoneAwarenessEnabled: true, zoneAwarenessConfig: { availabilityZoneCount: zones } };
}
