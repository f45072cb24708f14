import { DataAwsEksCluster } from "@cdktf/provider-aws/lib/data-aws-eks-cluster/index.js";
import { DataAwsOpensearchDomain } from "@cdktf/provider-aws/lib/data-aws-opensearch-domain/index.js";
import { DataTerraformRemoteStateS3 } from "cdktf";
import { Construct } from "constructs";
import { kebabCase, type Names, type RoleName, SERVICE_ACCOUNTS, type Workload } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { stateBackend, stateKey } from "../config/state-backend.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { addOutputs, GRAFANA_ID, GRAFANA_URL } from "./outputs.ts";

export interface OldRootProps {
  readonly config: Config;
  readonly names: Names;
  /** Names of the roles whose ARNs are outputs, such as `app` or `log-generator`. */
  readonly outputRoles: Iterable<string>;
}

/** The role of an output's name. */
function roleOf(name: string): RoleName {
  if (name === "app") return "application";
  const found = (Object.keys(SERVICE_ACCOUNTS) as Workload[]).find((one) => kebabCase(one) === name);
  if (!found) throw new RangeError(`${name}: given a role of no workload`);
  return found;
}

/** The root that 01-07 have left: it keeps the outputs that others read, by the names that its objects have. */
export class OldRoot extends Construct {
  constructor(scope: Construct, id: string, { config, names: { actual: names }, outputRoles }: OldRootProps) {
    super(scope, id);
    const domain = withLogicalId(
      new DataAwsOpensearchDomain(this, "Domain", { domainName: names.domain }),
      "logs",
    );
    const cluster = withLogicalId(new DataAwsEksCluster(this, "Cluster", { name: names.cluster }), "main");
    const { account, region } = names;
    addOutputs(
      {
        region,
        stream: { name: names.stream, arn: names.streamArn },
        bucket: { name: names.bucket, arn: names.bucketArn },
        domainEndpoint: domain.endpoint,
        workspace: config.grafana.mode === "managed" ? this.workspace(config) : undefined,
        cluster: { name: names.cluster, arn: names.clusterArn, endpoint: cluster.endpoint },
        roleArns: [...outputRoles].map((role) => [role, names.roleArn(roleOf(role))]),
        repositoryUrls: config.repositories.names.map((service) => [
          service,
          `${account}.dkr.ecr.${region}.amazonaws.com/${names.repository(service)}`,
        ]),
      },
      () => this,
    );
  }

  /** AWS chooses a workspace's id, and has no data source that finds one by its name: its own state says it. */
  private workspace(config: Config) {
    const { bucket, region } = stateBackend(config);
    const state = withLogicalId(
      new DataTerraformRemoteStateS3(this, "Grafana", { bucket, region, key: stateKey("04-grafana") }),
      "grafana",
    );
    if (config.provider.s3PathStyle) state.addOverride("config.use_path_style", true);
    return { url: state.getString(GRAFANA_URL), id: state.getString(GRAFANA_ID) };
  }
}
