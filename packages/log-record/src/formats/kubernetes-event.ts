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

/** A request to Kubernetes' API server as its audit log has it; `stage` is that of the request, no environment. https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/ */
export const kubernetesAudit: JsonFormat = {
  name: "kubernetes-audit",
  matches: (fields) => fields.has("auditid", "stage", "verb"),
  read(fields, draft) {
    delete draft.environment;
    delete draft.level;
    draft.service = "kube-apiserver";
    draft.traceId = fields.text("auditid");
    const said = fields.text("responsestatus.message");
    const what = [fields.text("verb"), fields.text("requesturi"), fields.text("responsestatus.code")];
    draft.message =
      what.filter((one) => one !== undefined).join(" ") + (said === undefined ? "" : `: ${said}`);
  },
};
