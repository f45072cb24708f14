import {
  HorizontalPodAutoscalerV2,
  type HorizontalPodAutoscalerV2Config,
} from "@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2/index.js";
import { Construct } from "constructs";
import { withLogicalId } from "./logical-id.ts";

export interface PodAutoscalingProps {
  readonly hclName: string;
  readonly metadata: HorizontalPodAutoscalerV2Config["metadata"];
  /** Name of the Deployment. */
  readonly deployment: string;
  readonly replicas: { readonly min: number; readonly max: number };
  /** Mean use of the requested CPU, in percent, above which a pod is added. Default: 70. */
  readonly cpuPercent?: number;
}

/** Adds pods at once and takes them away slowly: each change moves shards from one consumer to another. */
export class PodAutoscaling extends Construct {
  constructor(scope: Construct, id: string, props: PodAutoscalingProps) {
    super(scope, id);
    withLogicalId(
      new HorizontalPodAutoscalerV2(this, "Default", {
        metadata: props.metadata,
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: props.deployment },
          minReplicas: props.replicas.min,
          maxReplicas: props.replicas.max,
          metric: [
            {
              type: "Resource",
              resource: {
                name: "cpu",
                target: { type: "Utilization", averageUtilization: props.cpuPercent ?? 70 },
              },
            },
          ],
          behavior: {
            scaleDown: [
              {
                stabilizationWindowSeconds: 600,
                selectPolicy: "Max",
                policy: [{ type: "Pods", value: 1, periodSeconds: 300 }],
              },
            ],
          },
        },
      }),
      props.hclName,
    );
  }
}
