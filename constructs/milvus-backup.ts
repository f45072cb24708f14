import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1/index.js";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { BUCKET_PREFIXES, SERVICE_ACCOUNTS } from "../config/names.ts";
import { type PodFootprint, podFootprint } from "./footprint.ts";
import { withLogicalId } from "./logical-id.ts";
import { CronJobV1 } from "./workloads.ts";

export interface MilvusBackupProps {
  readonly namespace: string;
  readonly bucket: string;
  /** The bucket's region. */
  readonly region: string;
  /** Of its service account, by which it gets its role. Default: none. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Secret with root's `password`. */
  readonly rootSecret: string;
  readonly dependsOn: ITerraformDependable[];
}

/** Its makers' image, exact. */
const IMAGE = "docker.io/milvusdb/milvus-backup:v0.5.16";
const NAME = "milvus-backup";
/** That of helm-values/milvus-values.yaml: the files are Milvus' own. */
const USER = "1000";
const VOLUME = "milvus";
const FILES = "/var/lib/milvus";
const CONFIG = "/etc/milvus-backup";
const SCRATCH = "/tmp";
const RESOURCES = {
  requests: { cpu: "25m", memory: "64Mi", "ephemeral-storage": "64Mi" },
  // The scratch volume below, and the kubelet's five log files of 10 MiB.
  limits: { memory: "256Mi", "ephemeral-storage": "256Mi" },
};

/**
 * Copies Milvus' data to the bucket's folder `backup/milvus/` every night, under a name with the time. The bucket's lifecycle
 * ends old ones.
 *
 * `milvus-backup` asks Milvus which files a collection consists of, and reads them from Milvus' volume. An EBS volume is on one
 * node, so the job runs beside Milvus; it cannot change the volume.
 */
export class MilvusBackup extends Construct {
  readonly footprint: PodFootprint;

  constructor(scope: Construct, id: string, props: MilvusBackupProps) {
    super(scope, id);
    const { namespace, rootSecret, annotations = {} } = props;
    const labels = { "app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "cali" };
    const metadata = { name: NAME, namespace, labels };
    const account = withLogicalId(
      new ServiceAccountV1(this, "ServiceAccount", {
        metadata: {
          ...metadata,
          name: SERVICE_ACCOUNTS.milvusBackup.name,
          ...(Object.keys(annotations).length > 0 && { annotations }),
        },
        automountServiceAccountToken: false,
      }),
      "milvus_backup",
    );
    const settings = withLogicalId(
      new ConfigMapV1(this, "Settings", { metadata, data: { "backup.yaml": backupConfig(props) } }),
      "milvus_backup",
    );
    withLogicalId(
      new CronJobV1(this, "Default", {
        metadata,
        spec: {
          schedule: "15 3 * * *",
          timezone: "Etc/UTC",
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 3600,
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 3,
          jobTemplate: {
            metadata: { labels },
            spec: {
              backoffLimit: 2,
              activeDeadlineSeconds: 3600,
              template: {
                metadata: { labels },
                spec: {
                  restartPolicy: "Never",
                  serviceAccountName: account.metadata.name,
                  automountServiceAccountToken: false,
                  enableServiceLinks: false,
                  securityContext: {
                    runAsNonRoot: true,
                    runAsUser: USER,
                    runAsGroup: USER,
                    fsGroup: USER,
                    fsGroupChangePolicy: "OnRootMismatch",
                    seccompProfile: { type: "RuntimeDefault" },
                  },
                  affinity: {
                    podAffinity: {
                      requiredDuringSchedulingIgnoredDuringExecution: [
                        {
                          labelSelector: [{ matchLabels: { component: "standalone" } }],
                          topologyKey: "kubernetes.io/hostname",
                        },
                      ],
                    },
                  },
                  container: [
                    {
                      name: "backup",
                      image: IMAGE,
                      command: ["/app/milvus-backup"],
                      args: ["create", "--config", `${CONFIG}/backup.yaml`],
                      workingDir: SCRATCH,
                      env: [
                        {
                          name: "MILVUS_PASSWORD",
                          valueFrom: { secretKeyRef: { name: rootSecret, key: "password" } },
                        },
                      ],
                      resources: RESOURCES,
                      securityContext: {
                        // Not inherited from the pod: the Kubernetes provider sends false where it is left out.
                        runAsNonRoot: true,
                        allowPrivilegeEscalation: false,
                        readOnlyRootFilesystem: true,
                        capabilities: { drop: ["ALL"] },
                      },
                      volumeMount: [
                        { name: "data", mountPath: FILES, readOnly: true },
                        { name: "settings", mountPath: CONFIG, readOnly: true },
                        { name: "scratch", mountPath: SCRATCH },
                      ],
                    },
                  ],
                  volume: [
                    { name: "data", persistentVolumeClaim: { claimName: VOLUME } },
                    { name: "settings", configMap: { name: settings.metadata.name } },
                    { name: "scratch", emptyDir: { sizeLimit: "64Mi" } },
                  ],
                },
              },
            },
          },
        },
        dependsOn: props.dependsOn,
      }),
      "milvus_backup",
    );
    this.footprint = podFootprint({
      name: `${SERVICE_ACCOUNTS.milvusBackup.namespace}/${NAME}`,
      // It runs at times.
      replicas: { min: 0, max: 1 },
      containers: [RESOURCES],
    });
  }
}

/** milvus-backup's settings, of its version 0.5.16 (configs/backup.yaml there). The password comes from the environment. */
function backupConfig({ region, bucket }: MilvusBackupProps): string {
  return JSON.stringify(
    {
      log: { level: "info", console: true, file: { filename: `${SCRATCH}/backup.log` } },
      milvus: { address: "milvus", port: 19530, user: "root", tlsMode: 0 },
      minio: {
        storageType: "local",
        rootPath: `${FILES}/data`,
        backupStorageType: "aws",
        backupAddress: `s3.${region}.amazonaws.com`,
        backupPort: 443,
        backupRegion: region,
        backupUseSSL: true,
        backupUseIAM: true,
        backupBucketName: bucket,
        backupRootPath: BUCKET_PREFIXES.milvusBackup.replace(/\/$/, ""),
      },
      backup: { gcPause: { enable: true, address: "http://milvus:9091" } },
    },
    null,
    2,
  );
}
