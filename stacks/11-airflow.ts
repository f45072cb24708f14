import { RoleBindingV1 } from "@cdktf/provider-kubernetes/lib/role-binding-v1/index.js";
import { RoleV1 } from "@cdktf/provider-kubernetes/lib/role-v1/index.js";
import { Fn, Token } from "cdktf";
import { Construct } from "constructs";
import { type Names, SERVICE_ACCOUNTS } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { Chart } from "../constructs/chart.ts";
import { chartFootprints } from "../constructs/chart-footprint.ts";
import { ClusterLogin } from "../constructs/cluster-login.ts";
import { type PodFootprint, podFootprint, type Resources } from "../constructs/footprint.ts";
import type { Handle } from "../constructs/handle.ts";
import { imageVariable } from "../constructs/image-variable.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { Postgres } from "../constructs/postgres.ts";
import { roleAnnotation } from "../constructs/role-annotation.ts";
import { ServiceSecret } from "../constructs/service-secret.ts";
import type { Values } from "../constructs/values-file.ts";

export interface AirflowProps {
  readonly config: Config;
  readonly names: Names;
  readonly clusterName: Handle;
  /** The namespace `airflow`. */
  readonly namespace: Handle;
  /** The namespace `cali`, where the consumer's pods run. */
  readonly consumerNamespace: Handle;
}

const DATABASE = { name: "airflow-postgres", database: "airflow", user: "airflow" };
/** The Secret that helm-values/airflow-values.yaml refers to. */
const SECRET = "airflow-secrets";
/** Names that 13-consumer gives its ConfigMap and its Secret. */
const CONSUMER = "consumer";

const PASSWORD = {
  pattern: "^[A-Za-z0-9_.~-]{16,128}$",
  words: "16 to 128 letters, digits and the signs _ . ~ -",
};

/** What the DAGs' pods ask for; services/airflow-dags/src/cali_dags/pod.py says it to Kubernetes. */
export const CONSUMER_POD: Resources = {
  requests: { cpu: "250m", memory: "384Mi" },
  limits: { memory: "768Mi" },
};

/** 11: Airflow, which runs the daily DAGs. */
export class Airflow extends Construct {
  readonly footprints: readonly PodFootprint[];

  constructor(scope: Construct, id: string, props: AirflowProps) {
    super(scope, id);
    const { config, names } = props;
    new ClusterLogin(this, "ClusterLogin", {
      clusterName: props.clusterName.valueFor(this, names),
      region: config.region,
      helm: true,
    });
    const namespace = props.namespace.valueFor(this, names);
    const secret = this.secret(namespace);
    const database = new Postgres(this, "Database", {
      ...DATABASE,
      namespace,
      password: { secret: secret.name, key: "postgres-password" },
      storage: "5Gi",
      revision: secret.revision,
      dependsOn: [secret.resource],
    });
    this.allowConsumerPods(props);
    const chart = new Chart(this, "Chart", {
      chart: "airflow",
      version: "1.22.0",
      repository: "https://airflow.apache.org",
      namespace,
      valuesFile: "helm-values/airflow-values.yaml",
      inject: this.values(props, secret),
      // The database is migrated, then three programs start.
      timeoutMinutes: 20,
      dependsOn: [secret.resource, database.statefulSet],
    });
    // They run at times.
    const job = { replicas: { min: 0, max: 1 } };
    this.footprints = [
      database.footprint,
      podFootprint({ name: "cali/consumer-task", replicas: { min: 0, max: 3 }, containers: [CONSUMER_POD] }),
      ...chartFootprints(chart.values, [
        {
          name: "airflow/airflow-scheduler",
          replicas: 1,
          containers: ["scheduler.resources", "scheduler.logGroomerSidecar.resources"],
          initContainers: ["scheduler.resources"],
        },
        {
          name: "airflow/airflow-api-server",
          replicas: 1,
          containers: ["apiServer.resources"],
          initContainers: ["apiServer.resources"],
        },
        {
          name: "airflow/airflow-dag-processor",
          replicas: 1,
          containers: ["dagProcessor.resources", "dagProcessor.logGroomerSidecar.resources"],
          initContainers: ["dagProcessor.resources"],
        },
        {
          ...job,
          name: "airflow/airflow-run-airflow-migrations",
          containers: ["migrateDatabaseJob.resources"],
        },
        { ...job, name: "airflow/airflow-create-user", containers: ["createUserJob.resources"] },
        { ...job, name: "airflow/airflow-database-cleanup", containers: ["databaseCleanup.resources"] },
      ]),
    ];
  }

  /** What the stack decides: the images, by which names the DAGs find the consumer, and from when on they make up for days. */
  private values({ config, names, consumerNamespace }: AirflowProps, secret: ServiceSecret): Values {
    const image = Fn.split("@", imageVariable(this, names, "airflow-dags", "airflow_image").stringValue);
    const consumerImage = imageVariable(this, names, "consumer", "consumer_image").stringValue;
    const { secrets } = config.services.consumer;
    const { firstDay } = config.airflow;
    return {
      images: {
        airflow: {
          repository: Token.asString(Fn.element(image, 0)),
          digest: Token.asString(Fn.element(image, 1)),
        },
      },
      airflowPodAnnotations: { "cali/rotation": secret.revision },
      scheduler: { serviceAccount: { annotations: roleAnnotation(config, names, "airflow") } },
      env: [
        { name: "CALI_CONSUMER_IMAGE", value: consumerImage },
        { name: "CALI_CONSUMER_NAMESPACE", value: consumerNamespace.valueFor(this, names) },
        { name: "CALI_CONSUMER_SERVICE_ACCOUNT", value: SERVICE_ACCOUNTS.consumer.name },
        { name: "CALI_CONSUMER_CONFIG_MAP", value: CONSUMER },
        { name: "CALI_CONSUMER_SECRET", value: secrets.kind === "existing" ? secrets.name : CONSUMER },
        ...(firstDay === null ? [] : [{ name: "CALI_DAGS_FIRST_DAY", value: firstDay }]),
      ],
    };
  }

  private secret(namespace: string): ServiceSecret {
    const password = {
      variable: "airflow_postgres_password",
      description: "Password of Airflow's database, set when its volume is empty",
      required: true,
      form: PASSWORD,
    };
    const key = (variable: string, description: string) => ({
      variable,
      description,
      required: true,
      form: {
        pattern: "^[A-Za-z0-9_.~-]{32,128}$",
        words: "32 to 128 letters, digits and the signs _ . ~ -",
      },
    });
    return new ServiceSecret(this, "Secret", {
      hclName: "airflow",
      name: SECRET,
      namespace,
      labels: { "app.kubernetes.io/name": "airflow", "app.kubernetes.io/part-of": "cali" },
      entries: {
        "postgres-password": password,
        connection: {
          ...password,
          render: (value) =>
            `postgresql://${DATABASE.user}:${value}@${DATABASE.name}.${namespace}:5432/${DATABASE.database}`,
        },
        "fernet-key": {
          variable: "airflow_fernet_key",
          description: "Fernet key by which Airflow encrypts connections and variables in its database",
          required: true,
          form: {
            pattern: "^[A-Za-z0-9_-]{43}=$",
            words: "32 random bytes in URL-safe base64 (44 characters, the last a =)",
          },
        },
        "api-secret-key": key("airflow_api_secret_key", "Key by which Airflow signs its users' sessions"),
        "jwt-secret": key("airflow_jwt_secret", "Key by which Airflow signs the tokens of its tasks"),
        "admin-password": {
          variable: "airflow_admin_password",
          description: "Password of Airflow's user admin",
          required: true,
          form: PASSWORD,
        },
        "slack-webhook-url": {
          variable: "slack_webhook_url",
          description: "Slack's incoming webhook for failures of DAGs; empty: nobody is notified",
          form: { pattern: "^https://[!-~]+$", words: "an https URL, or empty" },
        },
      },
    });
  }

  /** What the DAGs' operator asks of the API server, in the consumer's namespace and nowhere else. */
  private allowConsumerPods({ names, consumerNamespace }: AirflowProps): void {
    const namespace = consumerNamespace.valueFor(this, names);
    const metadata = { name: "airflow-consumer-pods", namespace };
    const role = withLogicalId(
      new RoleV1(this, "Role", {
        metadata,
        rule: [
          { apiGroups: [""], resources: ["pods"], verbs: ["create", "get", "list", "patch", "delete"] },
          { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
          { apiGroups: [""], resources: ["events"], verbs: ["list"] },
        ],
      }),
      "airflow_consumer_pods",
    );
    withLogicalId(
      new RoleBindingV1(this, "RoleBinding", {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subject: [{ kind: "ServiceAccount", ...SERVICE_ACCOUNTS.airflow }],
      }),
      "airflow_consumer_pods",
    );
  }
}
