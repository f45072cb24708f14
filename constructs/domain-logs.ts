import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { CloudwatchLogResourcePolicy } from "@cdktf/provider-aws/lib/cloudwatch-log-resource-policy/index.js";
import type { OpensearchDomainLogPublishingOptions } from "@cdktf/provider-aws/lib/opensearch-domain/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { DomainLog, Names } from "../config/names.ts";
import { withLogicalId } from "./logical-id.ts";
import { policyDocument } from "./policy-document.ts";

export interface DomainLogsProps {
  readonly names: Names;
  readonly types: readonly DomainLog[];
  /** Days. */
  readonly retentionDays: number;
  /** ARN of the key that encrypts them. Default: CloudWatch's own. */
  readonly kmsKeyArn?: string | null;
}

/** What AWS calls each log. */
const TYPES: Readonly<Record<DomainLog, string>> = {
  errors: "ES_APPLICATION_LOGS",
  audit: "AUDIT_LOGS",
  slowSearches: "SEARCH_SLOW_LOGS",
  slowIndexing: "INDEX_SLOW_LOGS",
};
const HCL_NAMES: Readonly<Record<DomainLog, string>> = {
  errors: "opensearch_errors",
  audit: "opensearch_audit",
  slowSearches: "opensearch_slow_searches",
  slowIndexing: "opensearch_slow_indexing",
};

/** The log groups that an OpenSearch domain publishes to, and the policy that lets this domain alone write to them. */
export class DomainLogs extends Construct {
  readonly publishing: OpensearchDomainLogPublishingOptions[];
  /** Without the policy AWS refuses a domain that publishes. */
  readonly dependsOn: ITerraformDependable[];

  constructor(
    scope: Construct,
    id: string,
    { names, types, retentionDays, kmsKeyArn = null }: DomainLogsProps,
  ) {
    super(scope, id);
    this.publishing = types.map((type) => {
      const group = withLogicalId(
        new CloudwatchLogGroup(this, type, {
          name: names.domainLogGroup(type),
          retentionInDays: retentionDays,
          ...(kmsKeyArn !== null && { kmsKeyId: kmsKeyArn }),
        }),
        HCL_NAMES[type],
      );
      return { logType: TYPES[type], cloudwatchLogGroupArn: group.arn, enabled: true };
    });
    this.dependsOn = [
      withLogicalId(
        new CloudwatchLogResourcePolicy(this, "Policy", {
          policyName: names.named("opensearch-logs"),
          // https://docs.aws.amazon.com/opensearch-service/latest/developerguide/createdomain-configure-slow-logs.html
          policyDocument: policyDocument([
            {
              Effect: "Allow",
              Principal: { Service: "es.amazonaws.com" },
              Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:PutLogEventsBatch"],
              Resource: types.map(
                (type) => `${names.arn("logs", `log-group:${names.domainLogGroup(type)}`)}:*`,
              ),
              Condition: {
                StringEquals: { "aws:SourceAccount": names.account },
                ArnLike: { "aws:SourceArn": names.domainArn },
              },
            },
          ]),
        }),
        "opensearch",
      ),
    ];
  }
}
