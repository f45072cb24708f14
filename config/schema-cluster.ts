import { isIPv4 } from "node:net";
import { knownName } from "@cali/settings";
import { z } from "zod";
import { instanceType } from "./instance-type.ts";
import { KUBERNETES_VERSIONS } from "./kubernetes-versions.ts";
import { subnetId } from "./subnet-id.ts";
import { uniqueList } from "./unique.ts";

/** The cluster and who may use what: network, EKS, IAM, Grafana, image repositories. A part of `schema.ts`. */

const cidr = z.string().refine(
  (text) => {
    const [address = "", length = ""] = text.split("/");
    if (!isIPv4(address) || !/^(\d|[12]\d|3[0-2])$/.test(length)) return false;
    const bits = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    return text.split("/").length === 2 && bits % 2 ** (32 - Number(length)) === 0;
  },
  { error: "an IPv4 CIDR block such as 203.0.113.0/24, whose bits behind the prefix are 0" },
);

/** `null` leaves the add-on out; `version: null` takes AWS's default for the cluster's version. */
const addOn = z
  .strictObject({
    version: z
      .string()
      .regex(/^v\d+\.\d+\.\d+-eksbuild\.\d+$/, { error: "a version such as v1.31.0-eksbuild.1" })
      .nullable()
      .default(null)
      .describe("Exact version; null takes AWS's default for the cluster's Kubernetes version."),
  })
  .nullable();

export const networkSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("default-vpc").describe("All subnets of the account's default VPC.") }),
    z.strictObject({
      kind: z.literal("subnets"),
      subnetIds: uniqueList(subnetId)
        .min(2)
        .describe("At least two, in different availability zones (EKS demands it)."),
    }),
  ])
  .prefault({ kind: "default-vpc" });

export const grafanaSchema = z
  .discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("off").describe("No Grafana.") }),
    z.strictObject({ mode: z.literal("chart").describe("Grafana runs in the cluster.") }),
    z.strictObject({
      mode: z.literal("managed").describe("An Amazon Managed Grafana workspace."),
      version: z.enum(["9.4", "10.4"]).default("10.4").describe("Grafana's version."),
      login: z.discriminatedUnion("kind", [
        z.strictObject({
          kind: z
            .literal("identity-center")
            .describe("IAM Identity Center, which must be on in the organization."),
        }),
        z.strictObject({
          kind: z.literal("saml"),
          metadataUrl: z
            .url({ protocol: /^https$/, error: "an https URL" })
            .describe("The identity provider's metadata."),
          adminRoles: uniqueList(z.string().min(1))
            .min(1)
            .describe("Values of the role assertion that make an admin."),
          editorRoles: uniqueList(z.string().min(1))
            .min(1)
            .describe("Values of the role assertion that make an editor."),
          roleAssertion: z
            .string()
            .min(1)
            .default("role")
            .describe("Name of the SAML assertion with the roles."),
        }),
      ]),
    }),
  ])
  .prefault({ mode: "off" });

export const clusterSchema = z
  .strictObject({
    version: knownName(
      KUBERNETES_VERSIONS,
      `a Kubernetes version of EKS in quotes: ${KUBERNETES_VERSIONS.map((one) => `"${one}"`).join(", ")}`,
    )
      .default("1.35")
      .describe("Kubernetes version of the control plane."),
    publicEndpointCidrs: uniqueList(cidr)
      .default([])
      .describe("Who may reach the API server from the internet; empty: only the VPC."),
    encryptSecrets: z
      .boolean()
      .default(true)
      .describe("Encrypt Kubernetes secrets with a KMS key of their own."),
    logTypes: uniqueList(z.enum(["api", "audit", "authenticator", "controllerManager", "scheduler"]))
      .default(["api", "audit", "authenticator"])
      .describe("Control-plane logs that go to CloudWatch."),
    logRetentionDays: z
      .int()
      .positive()
      .nullable()
      .default(30)
      .describe(
        "Retention of the control plane's log group; null: EKS makes it itself and keeps it for ever.",
      ),
    authenticationMode: z
      .enum(["API", "API_AND_CONFIG_MAP"])
      .default("API")
      .describe("Where cluster access is kept; a cluster can go from API_AND_CONFIG_MAP to API, not back."),
    creatorIsAdmin: z
      .boolean()
      .default(true)
      .describe(
        "Whether the identity that creates the cluster becomes its administrator (the pipeline's role needs it for the Helm stacks).",
      ),
    teamAccess: z
      .enum([
        "AmazonEKSViewPolicy",
        "AmazonEKSEditPolicy",
        "AmazonEKSAdminPolicy",
        "AmazonEKSClusterAdminPolicy",
      ])
      .default("AmazonEKSViewPolicy")
      .describe("What each member of `team` may do in the whole cluster."),
    addOns: z
      .strictObject({
        vpcCni: addOn.prefault({}),
        coreDns: addOn.prefault({}),
        kubeProxy: addOn.prefault({}),
        podIdentityAgent: addOn.prefault({}),
        ebsCsi: addOn.prefault({}),
      })
      .prefault({}),
    networkPolicies: z
      .boolean()
      .default(true)
      .describe(
        "Let the VPC CNI enforce NetworkPolicies: in CALI's namespaces pods reach, and are reached by, what the flow needs only.",
      ),
    ebsCsiRole: z
      .enum(["own", "node"])
      .default("own")
      .describe(
        "`own`: a role for the EBS CSI controller alone. `node`: its policy is attached to the nodes' role.",
      ),
    nodeGroup: z
      .strictObject({
        instanceTypes: uniqueList(instanceType("t3.medium"))
          .min(1)
          .default(["t3.medium"])
          .describe("Instance types, best first."),
        capacity: z.enum(["ON_DEMAND", "SPOT"]).default("ON_DEMAND").describe("How nodes are bought."),
        amiType: z
          .enum([
            "AL2023_x86_64_STANDARD",
            "AL2023_ARM_64_STANDARD",
            "BOTTLEROCKET_x86_64",
            "BOTTLEROCKET_ARM_64",
          ])
          .nullable()
          .default("AL2023_x86_64_STANDARD")
          .describe("null leaves it to AWS and to what the live node group has."),
        diskGiB: z
          .int()
          .min(20)
          .max(16384)
          .nullable()
          .default(20)
          .describe("Root volume in GiB; null leaves it to AWS."),
        autoscaled: z
          .boolean()
          .default(true)
          .describe("Whether the cluster autoscaler sets the number of nodes: then a plan leaves it alone."),
        hardened: z
          .boolean()
          .default(true)
          .describe(
            "A launch template: encrypted gp3 root volume, IMDSv2, and a hop limit of 1, so that no pod can take its node's role.",
          ),
        minSize: z.int().min(0).max(450).default(2).describe("Fewest nodes."),
        desiredSize: z
          .int()
          .min(0)
          .max(450)
          .default(2)
          .describe("Nodes; with `autoscaled`, those to begin with."),
        maxSize: z.int().min(1).max(450).default(4).describe("Most nodes."),
        maxUnavailable: z
          .int()
          .min(1)
          .max(100)
          .default(1)
          .describe("Nodes that may be away at once during an update."),
      })
      .prefault({}),
    oidcCertificate: z
      .strictObject({
        url: z
          .url({ protocol: /^https$/, error: "an https URL" })
          .nullable()
          .default(null)
          .describe("Where the OIDC provider's thumbprint is read from; null: the cluster's issuer."),
        verifyChain: z.boolean().default(true).describe("Whether the certificate chain is verified."),
      })
      .nullable()
      .default(null)
      .describe("Only with `irsa`. null: the cluster's own issuer."),
  })
  .prefault({});

export const iamSchema = z
  .strictObject({
    workloadRoles: z
      .enum(["per-workload", "application"])
      .default("per-workload")
      .describe(
        "`per-workload`: one least-privilege role each. `application`: the four roles of the hand-written project.",
      ),
    applicationRole: z
      .strictObject({
        serviceAccounts: uniqueList(
          z.string().regex(/^[a-z0-9*-]+:[a-z0-9*-]+$/, { error: "namespace:name, such as cali:consumer" }),
        )
          .min(1)
          .describe("Who may use the application role, as namespace:name; `*` matches anything (unsafe)."),
        managedPolicies: uniqueList(
          z.enum(["CloudWatchAgentServerPolicy", "AmazonS3ReadOnlyAccess"]),
        ).describe("AWS managed policies attached to it."),
      })
      .nullable()
      .default(null)
      .describe("Only with `workloadRoles: application`, and needed there."),
    nodesMayUseStream: z
      .boolean()
      .default(false)
      .describe("Whether every pod may read and write the stream through its node's role."),
    autoscalerScope: z
      .enum(["cluster", "account"])
      .default("cluster")
      .describe(
        "Which Auto Scaling groups the cluster autoscaler may change: the cluster's own, or all of the account.",
      ),
    grafanaAccess: z
      .enum(["read", "write"])
      .default("read")
      .describe("What Grafana's role may do in OpenSearch."),
  })
  .prefault({});

export const airflowSchema = z
  .strictObject({
    firstDay: z.iso
      .date({ error: "a date such as 2026-01-25" })
      .nullable()
      .default(null)
      .describe(
        "First day (UTC) whose daily runs are made up for when Airflow missed them; null: only the last day's run is.",
      ),
  })
  .prefault({});

export const repositoriesSchema = z
  .strictObject({
    names: uniqueList(
      z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: "lower-case words joined by dashes" }),
    )
      .min(1)
      .default(["consumer", "log-generator", "airflow-dags"])
      .describe("Repositories, one a service; each name follows the prefix and a slash."),
    immutableTags: z.boolean().default(true).describe("Whether a tag, once pushed, stays what it is."),
    forceDelete: z
      .boolean()
      .default(false)
      .describe("Whether Terraform may delete a repository with images in it."),
    keepImages: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .describe("Images kept in each repository; older ones expire."),
    encryption: z
      .enum(["AES256", "KMS"])
      .nullable()
      .default("AES256")
      .describe("null does not state it (ECR then uses AES256)."),
  })
  .prefault({});
