import "./constructs/without-archiver.ts";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { messageOf, paintFor } from "@cali/base";
import { ConfigError } from "@cali/settings";
import { App } from "cdktf";
import type { Construct } from "constructs";
import type { Adoption } from "./config/adoption.ts";
import { adoptionOf, configFile, copyFilesOf, loadConfig, overridesOf, referencesOf } from "./config/load.ts";
import type { Overrides } from "./config/overrides.ts";
import type { References } from "./config/references.ts";
import type { Config } from "./config/schema.ts";
import { ExclusivePolicies } from "./constructs/exclusive-policies.ts";
import { Kinesis } from "./stacks/01-kinesis.ts";
import { S3 } from "./stacks/02-s3.ts";
import { OpenSearch } from "./stacks/03-opensearch.ts";
import { Grafana } from "./stacks/04-grafana.ts";
import { Eks } from "./stacks/05-eks.ts";
import { Iam } from "./stacks/06-iam.ts";
import { Ecr } from "./stacks/07-ecr.ts";
import { Cluster } from "./stacks/08-cluster.ts";
import { FluentBit } from "./stacks/09-fluent-bit.ts";
import { Milvus } from "./stacks/10-milvus.ts";
import { Airflow } from "./stacks/11-airflow.ts";
import { LogGenerator } from "./stacks/12-log-generator.ts";
import { Consumer } from "./stacks/13-consumer.ts";
import { checkFit, fitTables, footprintsOf } from "./stacks/fit-table.ts";
import { writeInfrastructure } from "./stacks/infrastructure.ts";
import { addMove } from "./stacks/move.ts";
import { addOutputs } from "./stacks/outputs.ts";
import { Placement } from "./stacks/placement.ts";
import { writeSources } from "./stacks/sources.ts";
import { removeStaleStacks } from "./stacks/stale.ts";
import { summarize } from "./stacks/summary.ts";

/** What every stack knows. */
type Common = Pick<ReturnType<Placement["of"]>, "names" | "team"> & { readonly config: Config };

/** Makes stacks, each where it is placed. */
function maker(placement: Placement, config: Config) {
  return <Props, Stack>(
    name: Parameters<Placement["of"]>[0],
    Type: new (scope: Construct, id: string, props: Props) => Stack,
    id: string,
    props: Omit<Props, keyof Common>,
  ): Stack => {
    const { stack, names, team } = placement.of(name);
    return new Type(stack, id, { config, names, team, ...props } as Props);
  };
}

/** Places 01-07, which one state may hold, and their outputs. */
function addParts(placement: Placement, config: Config) {
  const make = maker(placement, config);

  const s3 = make("02-s3", S3, "S3", {});

  const iam = make("06-iam", Iam, "Iam", { bucketArn: s3.bucketArn });

  const eks = make("05-eks", Eks, "Eks", {
    clusterRoleArn: iam.eksClusterRoleArn,
    nodeRoleArn: iam.eksNodeRoleArn,
  });
  const roleArns = iam.addWorkloadRoles(eks.oidcProvider);
  eks.bindWorkloads({ roleArns, nodeVolumes: iam.nodeVolumes });

  const openSearch = make("03-opensearch", OpenSearch, "OpenSearch", {
    adminRoleArn: iam.openSearchAdminRoleArn,
    firehoseRoleArn: iam.firehoseRoleArn,
    readerRoleArns: [
      roleArns.get("grafana"),
      roleArns.get("consumer"),
      iam.grafanaWorkspaceRoleArn,
      iam.openSearchAdminRoleArn,
    ].filter((role) => role !== undefined),
  });

  const grafana = make("04-grafana", Grafana, "Grafana", {
    workspaceRoleArn: iam.grafanaWorkspaceRoleArn,
  });

  const kinesis = make("01-kinesis", Kinesis, "Kinesis", {
    firehoseRoleArn: iam.firehoseRoleArn,
    bucketArn: s3.bucketArn,
    domainArn: openSearch.domainArn,
  });

  const ecr = make("07-ecr", Ecr, "Ecr", {});

  // The addresses of a state that was shared are those of the hand-written project: there `cali drift` asks IAM.
  if (config.stateLayout === "stacks" && !config.imported) {
    new ExclusivePolicies(placement.of("06-iam").stack, "ExclusivePolicies");
  }
  const { cluster } = eks.controlPlane;
  const { workspace } = grafana;
  addOutputs(
    {
      region: placement.of("05-eks").names.region,
      stream: { name: kinesis.stream.name, arn: kinesis.stream.arn },
      bucket: { name: s3.bucket.id, arn: s3.bucket.arn },
      domainEndpoint: openSearch.domain.endpoint,
      workspace: workspace && { url: `https://${workspace.endpoint}`, id: workspace.id },
      cluster: { name: cluster.name, arn: cluster.arn, endpoint: cluster.endpoint },
      roleArns: [...iam.outputRoles].map(([workload, { arn }]) => [workload, arn]),
      repositoryUrls: [...ecr.repositories].map(([service, { repository }]) => [
        service,
        repository.repositoryUrl,
      ]),
    },
    (part) => placement.of(part).stack,
  );
  return { kinesis, s3, openSearch, eks, iam };
}

/**
 * Places every stack of an environment.
 *
 * The stacks are numbered as the hand-written project's files are, and made in the order in which they need each
 * other. The order of deployment comes out of the handles they pass.
 *
 * @param options.outdir where `app.synth()` writes to. Default: what the cdktf command says, else `cdktf.out`.
 * @param options.overrides what the environment merges into its stacks' JSON. Default: nothing.
 * @param options.references values of what the overrides refer to in other states. Default: none.
 * @param options.adoption how far the environment's move between layouts is. Default: it does not move.
 */
export function buildApp(
  config: Config,
  {
    overrides,
    references,
    adoption,
    ...options
  }: {
    outdir?: string;
    overrides?: Overrides;
    references?: References;
    adoption?: Adoption | undefined;
  } = {},
): App {
  const app = new App(options);
  const placement = new Placement(app, config, overrides, references);
  const make = maker(placement, config);
  const { kinesis, s3, openSearch, eks, iam } = addParts(placement, config);
  if (adoption || (config.imported && config.stateLayout === "stacks")) {
    const outputRoles = iam.outputRoles.keys();
    addMove({ app, config, overrides, references, adoption, placement, outputRoles, addParts });
  }

  const cluster = make("08-cluster", Cluster, "Cluster", {
    clusterName: eks.clusterName,
    domainName: openSearch.domainName,
  });

  make("09-fluent-bit", FluentBit, "FluentBit", {
    clusterName: eks.clusterName,
    namespace: cluster.namespace("logging"),
    streamName: kinesis.streamName,
  });

  make("10-milvus", Milvus, "Milvus", {
    clusterName: eks.clusterName,
    namespace: cluster.namespace("milvus"),
    bucketName: s3.bucketName,
  });

  make("11-airflow", Airflow, "Airflow", {
    clusterName: eks.clusterName,
    namespace: cluster.namespace("airflow"),
    consumerNamespace: cluster.namespace("cali"),
  });

  make("12-log-generator", LogGenerator, "LogGenerator", {
    clusterName: eks.clusterName,
    namespace: cluster.namespace("cali"),
  });

  make("13-consumer", Consumer, "Consumer", {
    clusterName: eks.clusterName,
    namespace: cluster.namespace("cali"),
    streamName: kinesis.streamName,
    bucketName: s3.bucketName,
    domainArn: openSearch.domainArn,
    milvusNamespace: cluster.namespace("milvus"),
  });

  return app;
}

/** `main.ts` synthesizes for the cdktf command; with `--summary` it tells what came out, with `--svg FILE` it draws it. */
async function main(args: readonly string[]): Promise<void> {
  const { summary, svg } = optionsOf(args);
  const config = loadConfig();
  const app = buildApp(config, {
    overrides: overridesOf(),
    references: referencesOf(),
    adoption: adoptionOf(),
  });
  const fit = checkFit(config, footprintsOf(app), configFile());
  app.synth();
  removeStaleStacks(app);
  copyFilesOf(app.outdir);
  writeSources(app);
  writeInfrastructure(app, config, fit);
  if (summary) {
    const paint = paintFor(process.stdout);
    const width = process.stdout.columns ?? Number.POSITIVE_INFINITY;
    console.log(
      `${summarize(app.outdir, config, { bold: (text) => paint("bold", text), width })}\n\n${fitTables(fit, config)}`,
    );
  }
  if (svg !== undefined) {
    await draw(app.outdir, svg);
    if (summary) console.log(`Drawn in ${svg}`);
  }
}

/** What `main.ts` was given that it does not take, or cannot use. */
class ArgumentError extends Error {}

function optionsOf(args: readonly string[]): { summary?: boolean; svg?: string } {
  try {
    const options = { summary: { type: "boolean" }, svg: { type: "string" } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch {
    throw new ArgumentError(`main.ts: given ${args.join(" ")}; allowed: --summary, --svg <file>`);
  }
}

async function draw(outdir: string, file: string): Promise<void> {
  const { stacksPicture } = await import("./stacks/picture.ts");
  const picture = await stacksPicture(outdir);
  try {
    writeFileSync(file, picture);
  } catch (error) {
    throw new ArgumentError(
      `--svg: given ${file}; allowed: a file that can be written (${messageOf(error)})`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    // What a user mistyped is told in one place; only what nobody foresaw comes with its stack.
    console.error(error instanceof ConfigError || error instanceof ArgumentError ? error.message : error);
    process.exitCode = 1;
  }
}
