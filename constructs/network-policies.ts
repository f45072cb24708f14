import {
  NetworkPolicyV1,
  type NetworkPolicyV1SpecEgress,
  type NetworkPolicyV1SpecIngress,
} from "@cdktf/provider-kubernetes/lib/network-policy-v1/index.js";
import { Construct } from "constructs";
import { hclName } from "../config/names.ts";
import { withLogicalId } from "./logical-id.ts";

/** Values of the label that selects a namespace's pods, such as `app.kubernetes.io/name` and `consumer`. */
export interface Pods {
  readonly label: string;
  readonly values: readonly string[];
}

/** Who may reach pods of a namespace, at which TCP ports. */
interface Opening {
  /** Name of the policy, such as `from-consumer`. */
  readonly name: string;
  /** The pods' namespace; theirs when it is this one. */
  readonly namespace: string;
  /** Labels of the pods. Default: all of that namespace. */
  readonly pods?: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
  /** Which pods of this namespace it is for. Default: all. */
  readonly own?: Pods;
}

export interface NetworkPoliciesProps {
  readonly namespace: string;
  /** Pods that may reach HTTPS anywhere and, for AWS' credentials, the Pod Identity agent. */
  readonly outside: Pods;
  /** Who may come in. Default: nobody. */
  readonly from?: readonly Opening[];
  /** Where its pods may go inside the cluster, besides DNS. Default: nowhere. */
  readonly to?: readonly Opening[];
}

/** Each pod's source of AWS credentials: EKS's agent on its node. */
const POD_IDENTITY_AGENT = "169.254.170.23/32";
/** A node's own credentials and settings: no pod has any business there. */
const INSTANCE_METADATA = "169.254.169.254/32";

/**
 * Nothing comes into a namespace and nothing leaves it, but for what is named: DNS for all pods; for those that need it the Pod
 * Identity agent and HTTPS (AWS, Slack, the API server: their addresses change); and the openings. The node itself reaches its
 * pods always (probes).
 */
export class NetworkPolicies extends Construct {
  private readonly namespace: string;

  constructor(scope: Construct, id: string, props: NetworkPoliciesProps) {
    super(scope, id);
    const { namespace, outside, from = [], to = [] } = props;
    this.namespace = namespace;
    this.policy("default-deny", {}, { policyTypes: ["Ingress", "Egress"] });
    this.policy(
      "to-dns",
      {
        egress: [
          {
            to: [peer({ namespace: "kube-system", pods: { "k8s-app": "kube-dns" } })],
            ports: [
              { protocol: "UDP", port: "53" },
              { protocol: "TCP", port: "53" },
            ],
          },
        ],
      },
      { policyTypes: ["Egress"] },
    );
    this.policy(
      "to-outside",
      {
        egress: [
          { to: [{ ipBlock: { cidr: POD_IDENTITY_AGENT } }], ports: tcp([80]) },
          { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: [INSTANCE_METADATA] } }], ports: tcp([443]) },
        ],
      },
      { policyTypes: ["Egress"], own: outside },
    );
    for (const opening of from) {
      const ingress = [{ from: [peer(opening)], ports: tcp(opening.ports) }];
      this.policy(opening.name, { ingress }, { policyTypes: ["Ingress"], own: opening.own });
    }
    for (const opening of to) {
      const egress = [{ to: [peer(opening)], ports: tcp(opening.ports) }];
      this.policy(opening.name, { egress }, { policyTypes: ["Egress"], own: opening.own });
    }
  }

  private policy(
    name: string,
    rules: { ingress?: NetworkPolicyV1SpecIngress[]; egress?: NetworkPolicyV1SpecEgress[] },
    { policyTypes, own }: { policyTypes: string[]; own?: Pods },
  ): void {
    const { namespace } = this;
    const podSelector = own
      ? { matchExpressions: [{ key: own.label, operator: "In", values: [...own.values] }] }
      : {};
    withLogicalId(
      new NetworkPolicyV1(this, name, {
        metadata: { name, namespace },
        spec: { podSelector, policyTypes, ...rules },
      }),
      hclName(`${this.node.id}-${name}`),
    );
  }
}

function peer({ namespace, pods }: Pick<Opening, "namespace" | "pods">) {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    ...(pods && { podSelector: { matchLabels: { ...pods } } }),
  };
}

const tcp = (ports: readonly number[]) => ports.map((port) => ({ protocol: "TCP", port: String(port) }));
