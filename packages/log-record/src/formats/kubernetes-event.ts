import type { JsonFormat } from "./types.ts";

/**
 * An Event of Kubernetes, as event exporters print it. `type` is Normal or Warning.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export const kubernetesEvent: JsonFormat = {
  name: "kubernetes-event",
  matches: (fields) => fields.has("involvedobject", "reason") || fields.has("regarding", "reason", "note"),
  read: (fields, draft) => {
    draft.level = fields.text("type") === "Warning" ? "WARN" : "INFO";
    draft.levelSource = "record";
    draft.errorCode = draft.level === "WARN" ? fields.text("reason") : undefined;
    draft.message = fields.text("message") ?? fields.text("note");
    draft.service = fields.text("involvedobject.name") ?? fields.text("regarding.name");
  },
};
