import { type PodFootprint, podFootprint, type Resources } from "./footprint.ts";

/** The add-ons that are there on demand; null: not installed. */
export interface SystemPods {
  readonly cluster: {
    readonly addOns: { readonly podIdentityAgent: object | null; readonly ebsCsi: object | null };
  };
}

const times = (count: number, resources: Resources): Resources[] =>
  Array.from({ length: count }, () => resources);

/**
 * What EKS itself runs, with the requests of its own manifests (2026-11). Where an add-on is not managed here, EKS runs the same pods as
 * self-managed defaults; only the Pod Identity agent and the EBS CSI driver are there on demand.
 */
export function systemFootprints({ cluster }: SystemPods): PodFootprint[] {
  const system = (name: string, replicas: "node" | number, containers: readonly Resources[]): PodFootprint =>
    podFootprint({ name: `kube-system/${name}`, replicas, containers });
  // https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/charts/aws-ebs-csi-driver/values.yaml: each container alike.
  const csi: Resources = { requests: { cpu: "10m", memory: "40Mi" }, limits: { memory: "256Mi" } };
  return [
    // https://github.com/aws/amazon-vpc-cni-k8s/blob/master/charts/aws-vpc-cni/values.yaml: aws-node and the network policy agent.
    system("aws-node", "node", times(2, { requests: { cpu: "25m" } })),
    // https://docs.aws.amazon.com/eks/latest/userguide/managing-kube-proxy.html
    system("kube-proxy", "node", [{ requests: { cpu: "100m" } }]),
    // https://docs.aws.amazon.com/eks/latest/userguide/managing-coredns.html
    system(
      "coredns",
      2,
      times(1, { requests: { cpu: "100m", memory: "70Mi" }, limits: { memory: "170Mi" } }),
    ),
    ...(cluster.addOns.podIdentityAgent === null
      ? []
      : // https://github.com/aws/eks-pod-identity-agent/blob/main/charts/eks-pod-identity-agent/values.yaml: no requests.
        [system("eks-pod-identity-agent", "node", [{}])]),
    ...(cluster.addOns.ebsCsi === null
      ? []
      : [
          // The driver, its registrar, the liveness probe.
          system("ebs-csi-node", "node", times(3, csi)),
          // The driver, provisioner, attacher, snapshotter, resizer, the liveness probe.
          system("ebs-csi-controller", 2, times(6, csi)),
        ]),
  ];
}
