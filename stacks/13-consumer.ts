import { DataAwsOpensearchDomain } from "@cdktf/provider-aws/lib/data-aws-opensearch-domain/index.js";
import { Construct } from "constructs";
import { type Names, SERVICE_ACCOUNTS } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { workersOf } from "../config/schema-services.ts";
import { ClusterLogin } from "../constructs/cluster-login.ts";
import type { PodFootprint } from "../constructs/footprint.ts";
import type { Handle } from "../constructs/handle.ts";
import { imageVariable } from "../constructs/image-variable.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { MILVUS_ROOT_PASSWORD, milvusAddress } from "../constructs/milvus-login.ts";
import { ServiceDeployment, type ServiceDeploymentProps } from "../constructs/service-deployment.ts";
import { type SecretEntry, ServiceSecret } from "../constructs/service-secret.ts";
import { workerSize } from "../constructs/worker-size.ts";

export interface ConsumerProps {
  readonly config: Config;
  readonly names: Names;
  readonly clusterName: Handle;
  /** The namespace `cali`. */
  readonly namespace: Handle;
  readonly streamName: Handle;
  readonly bucketName: Handle;
  readonly domainArn: Handle;
  /** The namespace `milvus`. Milvus itself need not be there yet: alerts then say that similar errors could not be looked for. */
  readonly milvusNamespace: Handle;
}

const SERVICE = "consumer";
/** The variable of each engine's image: where the engine is new there is none yet, and the stack waits for its release. */
const IMAGES = { single: "image", kcl: "kcl_image" } as const;
/** Pods of the consumer, of every engine and version; those of engine `single` and of the Deployment that it was have no component. */
const CONSUMERS = { matchLabels: { "app.kubernetes.io/name": SERVICE } };
const SINGLE = { ...CONSUMERS, without: ["app.kubernetes.io/component"] };
const PORT = 8080;
const STATE_FOLDER = "/var/lib/cali";

type Common = Omit<ServiceDeploymentProps, "replicas" | "rollout">;

/** 13: the consumer, which reads the stream and notifies Slack. */
export class Consumer extends Construct {
  readonly footprints: readonly PodFootprint[];

  constructor(scope: Construct, id: string, props: ConsumerProps) {
    super(scope, id);
    const { config, names } = props;
    const { consumer } = config.services;
    new ClusterLogin(this, "ClusterLogin", {
      clusterName: props.clusterName.valueFor(this, names),
      region: config.region,
    });
    const namespace = props.namespace.valueFor(this, names);
    const common = {
      name: SERVICE,
      namespace,
      image: imageVariable(this, names, SERVICE, IMAGES[consumer.engine]).stringValue,
      serviceAccount: SERVICE_ACCOUNTS.consumer.name,
      roleArn:
        config.workloadIdentity !== "pod-identity" ? names.actual.roleArn(this.role(config)) : undefined,
      settings: this.settings(props),
      secret:
        consumer.secrets.kind === "existing"
          ? { name: consumer.secrets.name, revision: consumer.secrets.name }
          : this.secret(namespace, config),
      resources: consumer.resources,
      cpuPercent: consumer.cpuPercent,
      port: PORT,
      // It needs at most 25 s to finish its batches, give its state back and send what waits.
      graceSeconds: 30,
    };
    const workloads = consumer.engine === "kcl" ? this.kcl(common, config) : [this.single(common, config)];
    this.footprints = workloads.flatMap(({ footprints }) => footprints);
  }

  /** One consumer, which reads the whole stream; should there be two at once, the fence in the state lets one work (docs/adr/0103). */
  private single(common: Common, config: Config): ServiceDeployment {
    return new ServiceDeployment(this, "Deployment", {
      ...common,
      kind: "StatefulSet",
      // Another one than that of engine kcl and of the Deployment of earlier versions: those are deleted before this one is made, and what
      // is left of their pods is waited for.
      settingsName: `${SERVICE}-single`,
      waitsFor: CONSUMERS,
      replicas: { min: 1, max: 1 },
      stateFolder: config.consumerTable ? undefined : STATE_FOLDER,
      rollout: "old-first",
    });
  }

  /**
   * Workers, which read the shards behind the Kinesis Client Library's daemon, and one notifier. The workers have the address of the
   * Deployment that engine `single` was in earlier versions, and their ConfigMap is another one than that of the StatefulSet it is now:
   * whichever was there is deleted before they are made. Its pods may still take `graceSeconds` to end; the scheduler places none of these
   * before (docs/adr/0306).
   */
  private kcl(common: Common, config: Config): readonly ServiceDeployment[] {
    const { replicas, ...pod } = workersOf(config);
    const { resources, nodeMemoryMiB } = workerSize(pod);
    const workers = new ServiceDeployment(this, "Deployment", {
      ...common,
      waitsFor: SINGLE,
      component: "workers",
      args: ["workers"],
      resources,
      nodeMemoryMiB,
      replicas,
      rollout: "new-first",
    });
    const notifier = new ServiceDeployment(this, "Notifier", {
      ...common,
      waitsFor: SINGLE,
      component: "notifier",
      of: workers,
      kind: "StatefulSet",
      args: ["notifier"],
      replicas: { min: 1, max: 1 },
      rollout: "old-first",
    });
    return [workers, notifier];
  }

  /** What the library is told, by the consumer's variables. */
  private kclSettings({ config, names }: ConsumerProps): Record<string, string> {
    if (config.services.consumer.engine !== "kcl") return {};
    const workers = workersOf(config);
    return {
      CALI_KCL_APPLICATION_NAME: names.kclApplication,
      CALI_KCL_JAVA_OPTIONS: JSON.stringify([`-Xmx${workerSize(workers).javaHeapMiB}m`]),
      // How many shards an on-demand stream has nobody knows beforehand: each has to have a reader.
      ...(config.stream.shards !== null && { CALI_KCL_MAX_SHARDS: String(workers.shardsPerPod) }),
    };
  }

  private role({ iam }: Config) {
    return iam.workloadRoles === "application" ? "application" : "consumer";
  }

  /** The consumer's settings by their variables; services/consumer/README.md has all. */
  private settings(props: ConsumerProps): Record<string, string> {
    const { config, names, streamName, bucketName, domainArn, milvusNamespace } = props;
    const { links, learnMinutes, routes, slackChannel, settings } = config.services.consumer;
    const { masterUser } = config.domain;
    domainArn.valueFor(this, names);
    const domain = withLogicalId(
      new DataAwsOpensearchDomain(this, "Domain", { domainName: names.actual.domain }),
      "logs",
    );
    return {
      CALI_REGION: config.region,
      CALI_KINESIS_STREAM: streamName.valueFor(this, names),
      CALI_OBJECTS_BUCKET: bucketName.valueFor(this, names),
      ...(config.consumerTable
        ? { CALI_STATE_TABLE: names.actual.consumerTable }
        : { CALI_STATE_FILE: `${STATE_FOLDER}/state.db` }),
      ...this.kclSettings(props),
      CALI_OPEN_SEARCH_ENDPOINT: `https://${domain.endpoint}`,
      ...(masterUser.kind === "internal" && {
        CALI_OPEN_SEARCH_AUTH: "basic",
        CALI_OPEN_SEARCH_USERNAME: masterUser.name,
      }),
      CALI_KNOWLEDGE_VECTORS: "milvus",
      CALI_KNOWLEDGE_MILVUS_ADDRESS: milvusAddress(milvusNamespace.valueFor(this, names)),
      CALI_HTTP_PORT: String(PORT),
      CALI_LINKS_OPEN_SEARCH: links.openSearch ?? `https://${domain.endpoint}/_dashboards`,
      ...(config.language !== "en" && { CALI_LANGUAGE: config.language }),
      ...(links.grafana && { CALI_LINKS_GRAFANA: links.grafana }),
      ...(links.trace && { CALI_LINKS_TRACE: links.trace }),
      CALI_GROUPING_LEARN_FOR_MS: String(learnMinutes * 60_000),
      ...(slackChannel && { CALI_SLACK_CHANNEL: slackChannel }),
      ...(routes.length > 0 && { CALI_SLACK_ROUTES: JSON.stringify(routes) }),
      ...settings,
    };
  }

  private secret(namespace: string, config: Config): ServiceSecret {
    const entries: Record<string, SecretEntry> = {
      CALI_SLACK_WEBHOOK_URL: {
        variable: "slack_webhook_url",
        description: "Slack's incoming webhook for alerts; empty: alerts are only logged",
      },
      CALI_SLACK_FALLBACK_WEBHOOK_URL: {
        variable: "slack_fallback_webhook_url",
        description: "Slack's webhook for alerts when the other one is gone; empty: there is none",
      },
      CALI_SLACK_BOT_TOKEN: {
        variable: "slack_bot_token",
        description: "Token of the bot that posts into services.consumer.slackChannel; empty: there is none",
        form: { pattern: "^xoxb-[0-9A-Za-z_-]{10,}$", words: "a bot token, xoxb-…" },
      },
      CALI_SLACK_APP_TOKEN: {
        variable: "slack_app_token",
        description: "App-level token of the bot's app, for buttons in alerts; empty: alerts show commands",
        form: { pattern: "^xapp-[0-9A-Za-z_-]{10,}$", words: "an app-level token, xapp-…" },
      },
      CALI_SLACK_WEBHOOKS: {
        variable: "slack_webhooks",
        description:
          "Slack's webhooks of services.consumer.routes by their names, as JSON; empty: there are none",
        required: config.services.consumer.routes.length > 0,
        form: { pattern: "^\\s*\\{.*\\}\\s*$", words: 'JSON such as {"payments": "https://…"}' },
      },
      CALI_LLM_API_KEY: {
        variable: "llm_api_key",
        description: "API key of the language model; empty: none is asked",
      },
      CALI_LLM_TOKEN_KEY: {
        variable: "llm_token_key",
        description:
          "Key of the tokens that stand for secrets in what is asked; empty: the consumer makes one",
      },
      CALI_KNOWLEDGE_MILVUS_PASSWORD: MILVUS_ROOT_PASSWORD,
      ...(config.domain.masterUser.kind === "internal" && {
        CALI_OPEN_SEARCH_PASSWORD: {
          variable: "open_search_password",
          description: "Password of the OpenSearch user that incidents are indexed as",
          required: true,
        },
      }),
    };
    return new ServiceSecret(this, "Secret", {
      hclName: "consumer",
      name: SERVICE,
      namespace,
      labels: { "app.kubernetes.io/name": SERVICE, "app.kubernetes.io/part-of": "cali" },
      entries,
    });
  }
}
