/**
 * Every numbered stack, in the order of the numbers. Where a stack is placed, which group and which workflow it belongs to, what
 * the pipeline's deploy role may do and the table of docs/reference.md come from here. It is data alone and imports nothing, so that whoever
 * plans and deploys can read it without loading the stacks.
 */
export interface StackEntry {
  /** Its file in `stacks/` without `.ts`: two digits, a dash, words joined by dashes. */
  readonly id: string;
  /**
   * `aws`: made with AWS' API; planned and deployed by `terraform.yml`, group `infrastructure`.
   * `cluster`: made inside the cluster, with a token of `aws eks get-token`; deployed by `helm.yml`, group `cluster`.
   */
  readonly tier: "aws" | "cluster";
  /** Part of the one state of layout `shared`, which the hand-written project made. Default: a state of its own in both layouts. */
  readonly sharedState?: true;
  /** What it makes, for the table of docs/reference.md. */
  readonly makes: string;
  /** Stacks whose values it takes, whatever the configuration is. They are applied before it. */
  readonly needs: readonly string[];
  /** Actions of IAM that its resources take of the deploy role, `<service>:*` or narrower. IAM itself is not among them. */
  readonly rights: readonly string[];
  /** Services whose image it runs, and the Terraform variable that says which; those that its configuration asks for. Default: none. */
  readonly images?: readonly { readonly service: string; readonly variable: string }[];
}

export const STACKS = [
  {
    id: "01-kinesis",
    tier: "aws",
    sharedState: true,
    makes: "the stream, Firehose to S3 and to OpenSearch, the consumer's table",
    needs: ["02-s3", "03-opensearch", "06-iam"],
    rights: ["kinesis:*", "firehose:*", "dynamodb:*", "logs:*"],
  },
  {
    id: "02-s3",
    tier: "aws",
    sharedState: true,
    makes: "the bucket of raw logs, dead letters, new errors",
    needs: [],
    rights: ["s3:*"],
  },
  {
    id: "03-opensearch",
    tier: "aws",
    sharedState: true,
    makes: "the domain",
    needs: ["06-iam"],
    rights: ["es:*", "logs:*"],
  },
  {
    id: "04-grafana",
    tier: "aws",
    sharedState: true,
    makes: "the managed workspace, where `grafana.mode` is `managed`",
    needs: ["06-iam"],
    rights: ["grafana:*"],
  },
  {
    id: "05-eks",
    tier: "aws",
    sharedState: true,
    makes: "the cluster, its nodes, add-ons, who may use it",
    needs: ["06-iam"],
    rights: ["eks:*", "kms:*", "logs:*", "ec2:*LaunchTemplate*", "ec2:CreateTags", "ec2:RunInstances"],
  },
  {
    id: "06-iam",
    tier: "aws",
    sharedState: true,
    makes: "every role and policy",
    needs: ["02-s3"],
    rights: [],
  },
  {
    id: "07-ecr",
    tier: "aws",
    sharedState: true,
    makes: "image repositories",
    needs: [],
    rights: ["ecr:*"],
  },
  {
    id: "08-cluster",
    tier: "cluster",
    makes:
      "namespaces, storage class, NetworkPolicies, metrics server, cluster autoscaler, Grafana where `grafana.mode` is `chart`",
    needs: ["03-opensearch", "05-eks"],
    rights: [],
  },
  {
    id: "09-fluent-bit",
    tier: "cluster",
    makes: "Fluent Bit on each node: log lines to records in the stream",
    needs: ["01-kinesis", "05-eks", "08-cluster"],
    rights: [],
  },
  {
    id: "10-milvus",
    tier: "cluster",
    makes: "Milvus, one pod with one volume, and its nightly backup to the bucket",
    needs: ["02-s3", "05-eks", "08-cluster"],
    rights: [],
  },
  {
    id: "11-airflow",
    tier: "cluster",
    makes: "Airflow, its database, and its right to start the consumer's pods",
    needs: ["05-eks", "08-cluster"],
    rights: [],
    images: [
      { service: "consumer", variable: "consumer_image" },
      { service: "airflow-dags", variable: "airflow_image" },
    ],
  },
  {
    id: "12-log-generator",
    tier: "cluster",
    makes: "the log generator, from an image by digest",
    needs: ["05-eks", "08-cluster"],
    rights: [],
    images: [{ service: "log-generator", variable: "image" }],
  },
  {
    id: "13-consumer",
    tier: "cluster",
    makes: "the consumer, from an image by digest, with its secrets",
    needs: ["01-kinesis", "02-s3", "03-opensearch", "05-eks", "08-cluster"],
    rights: [],
    // Each engine has an image of its own, so an engine that is new waits for its image rather than run the other one's.
    images: [
      { service: "consumer", variable: "image" },
      { service: "consumer", variable: "kcl_image" },
    ],
  },
] as const satisfies readonly StackEntry[];

export type StackName = (typeof STACKS)[number]["id"];

/** The stack that holds all of the layout `shared`'s one state. */
export const SHARED_STACK = "infra";

/** What may stand for several stacks where `cali` takes their names. */
export const GROUPS = { infrastructure: "aws", cluster: "cluster" } as const satisfies Record<
  string,
  StackEntry["tier"]
>;

/** A stack of a synthesized application, by its name there; undefined: none of this registry, such as `infra`. */
export const stackOf = (name: string): StackEntry | undefined => STACKS.find(({ id }) => id === name);

/** The names of the stacks for which something holds. Default: all. */
export const stackNames = (holds: (stack: StackEntry) => boolean = () => true): string[] =>
  STACKS.filter(holds).map(({ id }) => id);

/** The tier of a stack of a synthesized application, the shared one included; undefined for one that is not registered. */
export function tierOf(name: string): StackEntry["tier"] | undefined {
  return name === SHARED_STACK ? "aws" : stackOf(name)?.tier;
}
