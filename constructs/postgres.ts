import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { hclName } from "../config/names.ts";
import { type PodFootprint, podFootprint } from "./footprint.ts";
import { withLogicalId } from "./logical-id.ts";
import { StatefulSetV1 } from "./workloads.ts";

export interface PostgresProps {
  /** Of the StatefulSet and the Service, such as `airflow-postgres`. */
  readonly name: string;
  readonly namespace: string;
  readonly database: string;
  readonly user: string;
  /** Where the password is. It is set when the volume is empty, and not changed afterwards. */
  readonly password: { readonly secret: string; readonly key: string };
  /** Size of the volume, such as `5Gi`. */
  readonly storage: string;
  /** Changes when the pod must start anew. */
  readonly revision: string;
  readonly dependsOn: ITerraformDependable[];
}

/** The official image, exact. */
const IMAGE = "docker.io/library/postgres:17.6";
/** Its user `postgres`. A server refuses a data folder of another user, and nothing here may give a volume to one: so it stays. */
const USER = "999";
const PORT = 5432;
const RESOURCES = {
  requests: { cpu: "50m", memory: "128Mi", "ephemeral-storage": "64Mi" },
  // The scratch volume below, and the kubelet's five log files of 10 MiB.
  limits: { memory: "384Mi", "ephemeral-storage": "512Mi" },
};

/** One PostgreSQL server with a volume: for what fits one node and may be away for a minute while it moves. */
export class Postgres extends Construct {
  readonly footprint: PodFootprint;
  readonly statefulSet: StatefulSetV1;

  constructor(scope: Construct, id: string, props: PostgresProps) {
    super(scope, id);
    const { name, namespace } = props;
    const selector = { "app.kubernetes.io/name": name };
    const labels = { ...selector, "app.kubernetes.io/part-of": "cali" };
    const metadata = { name, namespace, labels };
    const service = withLogicalId(
      new ServiceV1(this, "Service", {
        metadata,
        spec: {
          clusterIp: "None",
          selector,
          port: [{ name: "postgres", port: PORT, targetPort: "postgres" }],
        },
      }),
      hclName(name),
    );
    // By TCP: while the image makes the database, a server for that alone answers at the socket.
    const ready = {
      exec: {
        command: [
          ...["pg_isready", "--host", "127.0.0.1"],
          ...["--username", props.user, "--dbname", props.database],
        ],
      },
    };
    this.statefulSet = withLogicalId(
      new StatefulSetV1(this, "Default", {
        metadata,
        spec: {
          serviceName: service.metadata.name,
          replicas: "1",
          selector: { matchLabels: selector },
          template: {
            metadata: { labels, annotations: { "cali/rotation": props.revision } },
            spec: {
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              // It closes its connections and writes a checkpoint.
              terminationGracePeriodSeconds: 60,
              securityContext: {
                runAsNonRoot: true,
                runAsUser: USER,
                runAsGroup: USER,
                fsGroup: USER,
                fsGroupChangePolicy: "OnRootMismatch",
                seccompProfile: { type: "RuntimeDefault" },
              },
              container: [
                {
                  name: "postgres",
                  image: IMAGE,
                  env: [
                    { name: "POSTGRES_DB", value: props.database },
                    { name: "POSTGRES_USER", value: props.user },
                    {
                      name: "POSTGRES_PASSWORD",
                      valueFrom: { secretKeyRef: { name: props.password.secret, key: props.password.key } },
                    },
                    // Below the volume's root, which has a `lost+found`.
                    { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
                  ],
                  port: [{ name: "postgres", containerPort: PORT }],
                  resources: RESOURCES,
                  readinessProbe: { ...ready, periodSeconds: 10, timeoutSeconds: 5 },
                  // It accepts connections while it replays its log after a crash, and must not be ended for that.
                  livenessProbe: {
                    tcpSocket: [{ port: "postgres" }],
                    periodSeconds: 30,
                    timeoutSeconds: 5,
                    failureThreshold: 5,
                  },
                  // The first start makes the database.
                  startupProbe: { ...ready, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 60 },
                  securityContext: {
                    // Not inherited from the pod: the Kubernetes provider sends false where it is left out.
                    runAsNonRoot: true,
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                  },
                  volumeMount: [
                    { name: "data", mountPath: "/var/lib/postgresql/data" },
                    { name: "socket", mountPath: "/var/run/postgresql" },
                    { name: "scratch", mountPath: "/tmp" },
                  ],
                },
              ],
              volume: [
                { name: "socket", emptyDir: {} },
                { name: "scratch", emptyDir: { sizeLimit: "256Mi" } },
              ],
            },
          },
          volumeClaimTemplate: [
            {
              metadata: { name: "data" },
              spec: {
                accessModes: ["ReadWriteOnce"],
                storageClassName: "gp3",
                resources: { requests: { storage: props.storage } },
              },
            },
          ],
        },
        waitForRollout: true,
        dependsOn: props.dependsOn,
      }),
      hclName(name),
    );
    this.footprint = podFootprint({ name: `airflow/${name}`, replicas: 1, containers: [RESOURCES] });
  }
}
