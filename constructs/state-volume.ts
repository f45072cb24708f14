import {
  PersistentVolumeClaimV1,
  type PersistentVolumeClaimV1Config,
} from "@cdktf/provider-kubernetes/lib/persistent-volume-claim-v1/index.js";
import { Construct } from "constructs";
import { withLogicalId } from "./logical-id.ts";

export interface StateVolumeProps {
  readonly hclName: string;
  readonly metadata: PersistentVolumeClaimV1Config["metadata"];
}

/** A small volume for a service's file, of the class that 08-cluster makes: gp3, encrypted. */
export class StateVolume extends Construct {
  readonly claimName: string;

  constructor(scope: Construct, id: string, props: StateVolumeProps) {
    super(scope, id);
    const claim = withLogicalId(
      new PersistentVolumeClaimV1(this, "Default", {
        metadata: props.metadata,
        // It is made where the first pod goes; waiting for it before there is one would be for ever.
        waitUntilBound: false,
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "gp3",
          resources: { requests: { storage: "1Gi" } },
        },
        // The alert groups and checkpoints are in it.
        lifecycle: { preventDestroy: true },
      }),
      props.hclName,
    );
    this.claimName = claim.metadata.name;
  }
}
