import type { z } from "zod";
import { KMS_KEYS } from "./kms-key.ts";
import { namePrefix } from "./names.ts";
import { type Config, LONGEST_PREFIX, NAME_WORD, shape } from "./schema.ts";
import { BUDGET_PARTS } from "./schema-cost.ts";
import { fewestWorkers } from "./schema-services.ts";
import { zonesOf } from "./zones.ts";

/** Two or more keys that are fine alone and wrong together. */
interface Contradiction {
  /** The key that is reported. */
  readonly path: (string | number)[];
  /** What is allowed, and why. */
  readonly allowed: string;
  /** Whether the configuration is free of it. Parts of it may be missing or of a wrong type: then it is. */
  readonly holds: (config: DeepPartial<Config>) => boolean;
}

type DeepPartial<T> = T extends readonly (infer U)[]
  ? readonly DeepPartial<U>[]
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
    : T | undefined;

const isWithOidc = (identity: unknown) => identity === "irsa" || identity === "both";

const HALF_A_CENT = 0.005;
const OPEN_TO_ALL = "0.0.0.0/0";

const increasing = (numbers: readonly number[]) =>
  numbers.every((n, i) => i === 0 || n > (numbers[i - 1] ?? Number.NEGATIVE_INFINITY));

/** The list itself, or nothing where the file has something else under its key. */
const list = <T>(value: readonly T[] | undefined): readonly T[] | undefined =>
  Array.isArray(value) ? (value as readonly T[]) : undefined;

const isUnique = (values: readonly unknown[]) => new Set(values).size === values.length;

const CONTRADICTIONS: readonly Contradiction[] = [
  {
    path: ["workloadIdentity"],
    allowed:
      "pod-identity with stateLayout stacks: irsa, or both, would need 05-eks's OIDC provider in 06-iam, whose roles 05-eks needs, a cycle across states; only of a cluster that is there (imported) 06-iam can look it up",
    holds: (c) => !(c.stateLayout !== "shared" && isWithOidc(c.workloadIdentity) && c.imported !== true),
  },
  {
    path: ["state", "key"],
    allowed:
      "a key with stateLayout shared (the state that exists) or imported (the state that was divided), else none: with stacks each has its own",
    holds: (c) => (c.stateLayout === "shared" || c.imported === true) === (typeof c.state?.key === "string"),
  },
  {
    path: ["prefix"],
    allowed: "null with stateLayout shared: there project is what every name begins with",
    holds: (c) => c.stateLayout !== "shared" || (c.prefix ?? null) === null,
  },
  {
    path: ["state", "kmsKeyArn"],
    allowed: "a key in the region of the state's bucket (state.region, else region)",
    holds: (c) =>
      typeof c.state?.kmsKeyArn !== "string" ||
      c.state.kmsKeyArn.split(":")[3] === (c.state.region ?? c.region),
  },
  {
    path: ["environment"],
    allowed:
      "lower-case letters, digits and dashes, starting with a letter and not ending with a dash, where names come from it: with stateLayout stacks and no prefix, or without state.bucket",
    holds: ({ stateLayout, prefix, environment, state }) =>
      typeof environment !== "string" ||
      ((stateLayout === "shared" || typeof prefix === "string") && typeof state?.bucket === "string") ||
      NAME_WORD.test(environment),
  },
  {
    path: ["environment"],
    allowed: `with stateLayout stacks, project and environment of ${LONGEST_PREFIX - 1} characters together (an OpenSearch domain's name has at most 28)`,
    holds: ({ stateLayout, prefix, project, environment }) =>
      stateLayout === "shared" ||
      typeof prefix === "string" ||
      typeof project !== "string" ||
      typeof environment !== "string" ||
      `${project}-${environment}`.length <= LONGEST_PREFIX,
  },
  {
    path: ["stream", "shards"],
    allowed: "a number with stream.mode provisioned, null with on-demand",
    holds: (c) =>
      c.stream?.mode === undefined || (c.stream.mode === "on-demand") === (c.stream.shards === null),
  },
  {
    path: ["bucket", "lifecycle"],
    allowed: "rules with ids of their own",
    holds: (c) => isUnique((list(c.bucket?.lifecycle) ?? []).map((rule) => rule?.id)),
  },
  {
    path: ["bucket", "lifecycle"],
    allowed:
      "transitions in increasing order of days, STANDARD_IA and ONEZONE_IA from day 30, and expireAfterDays after the last one",
    holds: (c) =>
      (list(c.bucket?.lifecycle) ?? []).every((rule) => {
        const transitions = list(rule?.transitions) ?? [];
        const ages = transitions.map((transition) => transition?.days ?? 0);
        const expiry = rule?.expireAfterDays ?? Number.POSITIVE_INFINITY;
        return (
          increasing([...ages, expiry]) &&
          transitions.every(
            (t) => !["STANDARD_IA", "ONEZONE_IA"].includes(t?.storageClass ?? "") || (t?.days ?? 0) >= 30,
          )
        );
      }),
  },
  {
    path: ["bucket", "lifecycle"],
    allowed: "rules that do something: a transition, an expiry, old versions or unfinished uploads",
    holds: (c) =>
      (list(c.bucket?.lifecycle) ?? []).every(
        (rule) =>
          (list(rule?.transitions) ?? []).length > 0 ||
          [rule?.expireAfterDays, rule?.expireOldVersionsAfterDays, rule?.abortUploadsAfterDays].some(
            (value) => value !== null && value !== undefined,
          ),
      ),
  },
  {
    path: ["bucket", "forceDestroy"],
    allowed: "false while protection.preventDestroy is true",
    holds: (c) => !(c.protection?.preventDestroy && c.bucket?.forceDestroy),
  },
  {
    path: ["repositories", "forceDelete"],
    allowed: "false while protection.preventDestroy is true",
    holds: (c) => !(c.protection?.preventDestroy && c.repositories?.forceDelete),
  },
  {
    path: ["repositories", "names"],
    allowed: "consumer and log-generator (the services CALI deploys) and others",
    holds: (c) => {
      const names = list(c.repositories?.names);
      return names === undefined || ["consumer", "log-generator"].every((name) => names.includes(name));
    },
  },
  {
    path: ["services", "consumer", "engine"],
    allowed:
      "single; kcl only with consumerTable true (its workers and its notifier meet there) and iam.workloadRoles per-workload (they need rights on KCL's tables)",
    holds: (c) =>
      c.services?.consumer?.engine !== "kcl" ||
      (c.consumerTable !== false && c.iam?.workloadRoles !== "application"),
  },
  {
    path: ["services", "consumer", "workers"],
    allowed: "left out with engine single: only kcl has workers",
    holds: ({ services }) => services?.consumer?.workers === undefined || services.consumer.engine === "kcl",
  },
  {
    path: ["services", "consumer", "workers", "minReplicas"],
    allowed:
      "null, or at least stream.shards / workers.shardsPerPod where that is a number: fewer would leave shards unread",
    holds: (c) => {
      const { minReplicas, shardsPerPod } = c.services?.consumer?.workers ?? {};
      const shards = c.stream?.shards;
      if (typeof minReplicas !== "number" || typeof shardsPerPod !== "number") return true;
      return typeof shards !== "number" || minReplicas >= fewestWorkers(shards, shardsPerPod);
    },
  },
  {
    path: ["services", "consumer", "workers", "maxReplicas"],
    allowed:
      "at least workers.minReplicas, and at most stream.shards where it is a number: more would be idle",
    holds: (c) => {
      const { minReplicas, maxReplicas, shardsPerPod } = c.services?.consumer?.workers ?? {};
      const shards = c.stream?.shards;
      if (typeof maxReplicas !== "number" || typeof shardsPerPod !== "number") return true;
      const least = minReplicas ?? (typeof shards === "number" ? fewestWorkers(shards, shardsPerPod) : 1);
      return least <= maxReplicas && (typeof shards !== "number" || maxReplicas <= Math.max(1, shards));
    },
  },
  {
    path: ["services", "consumer", "minReplicas"],
    allowed: "1: one consumer reads the whole stream; for more pods set engine: kcl, and workers.minReplicas",
    holds: ({ services }) => (services?.consumer?.minReplicas ?? 1) === 1,
  },
  {
    path: ["services", "consumer", "maxReplicas"],
    allowed:
      "null or 1: one consumer reads the whole stream; for more pods set engine: kcl, and workers.maxReplicas",
    holds: ({ services }) => (services?.consumer?.maxReplicas ?? 1) === 1,
  },
  {
    path: ["domain", "instanceCount"],
    allowed: "1, or a multiple of 2 or 3: nodes are spread evenly over availability zones",
    holds: (c) => {
      const count = c.domain?.instanceCount;
      return typeof count !== "number" || count === 1 || count % 2 === 0 || count % 3 === 0;
    },
  },
  {
    path: ["domain", "vpc", "subnetIds"],
    allowed:
      "as many as the nodes have availability zones: 1 with domain.instanceCount 1, 3 with a multiple of 3, else 2",
    holds: (c) => {
      const { vpc, instanceCount } = c.domain ?? {};
      const subnets = list(vpc?.subnetIds);
      if (subnets === undefined || typeof instanceCount !== "number") return true;
      return subnets.length === zonesOf(instanceCount);
    },
  },
  {
    path: ["domain", "vpc"],
    allowed: "null with grafana.mode managed: that workspace is outside of the VPC",
    holds: (c) => !(c.grafana?.mode === "managed" && (c.domain?.vpc ?? null) !== null),
  },
  {
    path: ["bucket", "accessLog", "bucket"],
    allowed: "another bucket than the one that is logged: it would log its own log for ever",
    holds: ({ bucket, project, environment, stateLayout, prefix: given }) => {
      const target = bucket?.accessLog?.bucket;
      if (![target, project, environment, stateLayout].every((one) => typeof one === "string")) return true;
      const prefix = namePrefix({ project, environment, stateLayout, prefix: given ?? null } as Config);
      return !new RegExp(`^${prefix}-logs-\\d{12}$`).test(target as string);
    },
  },
  ...KMS_KEYS.map(
    (name): Contradiction => ({
      path: ["kmsKeys", name],
      allowed: "a key in `region`",
      holds: (c) => {
        const key = c.kmsKeys?.[name];
        return typeof key !== "string" || key.split(":")[3] === c.region;
      },
    }),
  ),
  {
    path: ["kmsKeys", "table"],
    allowed: "null while consumerTable is false: there is no table",
    holds: (c) => !(c.consumerTable === false && (c.kmsKeys?.table ?? null) !== null),
  },
  {
    path: ["kmsKeys", "repositories"],
    allowed: "null while repositories.encryption is not KMS",
    holds: (c) => !((c.kmsKeys?.repositories ?? null) !== null && c.repositories?.encryption !== "KMS"),
  },
  {
    path: ["cluster", "nodeGroup", "desiredSize"],
    allowed: "minSize <= desiredSize <= maxSize",
    holds: (c) => {
      const group = c.cluster?.nodeGroup;
      if (
        typeof group?.minSize !== "number" ||
        typeof group.desiredSize !== "number" ||
        typeof group.maxSize !== "number"
      )
        return true;
      return group.minSize <= group.desiredSize && group.desiredSize <= group.maxSize;
    },
  },
  {
    path: ["cluster", "publicEndpointCidrs"],
    allowed: `anything but ${OPEN_TO_ALL} while protection.preventDestroy is true (a protected environment is not open to the internet)`,
    holds: (c) =>
      !(c.protection?.preventDestroy && list(c.cluster?.publicEndpointCidrs)?.includes(OPEN_TO_ALL)),
  },
  {
    path: ["cluster", "addOns", "podIdentityAgent"],
    allowed: "an add-on with workloadIdentity pod-identity, or both: without the agent no pod gets its role",
    holds: (c) => !(c.workloadIdentity !== "irsa" && c.cluster?.addOns?.podIdentityAgent === null),
  },
  {
    path: ["cluster", "networkPolicies"],
    allowed: "false while cluster.addOns.vpcCni is null: the add-on enforces them",
    holds: (c) => !(c.cluster?.addOns?.vpcCni === null && c.cluster?.networkPolicies !== false),
  },
  {
    path: ["cluster", "oidcCertificate"],
    allowed: "null unless workloadIdentity is irsa, or both: nothing else has an OIDC provider",
    holds: (c) => isWithOidc(c.workloadIdentity) || (c.cluster?.oidcCertificate ?? null) === null,
  },
  {
    path: ["iam", "workloadRoles"],
    allowed:
      "per-workload with workloadIdentity pod-identity, or both: the application role is trusted through OIDC only",
    holds: (c) => !(c.workloadIdentity !== "irsa" && c.iam?.workloadRoles === "application"),
  },
  {
    path: ["iam", "grafanaAccess"],
    allowed:
      "read with iam.workloadRoles per-workload: write is what the application roles shared with Firehose",
    holds: (c) => !(c.iam?.workloadRoles !== "application" && c.iam?.grafanaAccess === "write"),
  },
  {
    path: ["iam", "applicationRole"],
    allowed: "serviceAccounts and managedPolicies with iam.workloadRoles application, null with per-workload",
    holds: (c) => (c.iam?.workloadRoles === "application") === ((c.iam?.applicationRole ?? null) !== null),
  },
  {
    path: ["budget", "parts"],
    allowed: "parts that add up to budget.monthlyUsd",
    holds: (c) => {
      const parts = Object.values(c.budget?.parts ?? {});
      const sum = parts.reduce((total, usd) => total + usd, 0);
      return (
        parts.length < BUDGET_PARTS.length || Math.abs(sum - (c.budget?.monthlyUsd ?? sum)) < HALF_A_CENT
      );
    },
  },
];

/** Validates a parsed configuration file; every problem, contradictions included, is reported in one go. */
export const configSchema = CONTRADICTIONS.reduce<z.ZodType<Config>>(
  (schema, { path, allowed, holds }) =>
    schema.refine(holds, {
      path,
      error: allowed,
      // Always for a mapping, whatever else is wrong in it: a contradiction is reported together with the other
      // problems, not after they are mended.
      when: ({ value }) => typeof value === "object" && value !== null && !Array.isArray(value),
    }),
  shape,
);
