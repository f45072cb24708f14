import { type Fields, isObject } from "./fields.ts";
import { readTime } from "./time.ts";
import type { Draft, Envelope, ReadContext } from "./types.ts";

/** What an envelope says of the container around a log. */
export function containerOf(fields: Fields, context: ReadContext): Partial<Draft> {
  const outer: Partial<Draft> = {};
  const put = <K extends "service" | "version" | "podName" | "environment" | "platform">(
    key: K,
    value: string | undefined,
  ) => {
    if (value !== undefined) outer[key] = value;
  };
  put("service", fields.firstText("pod_service"));
  put("version", fields.firstText("pod_version"));
  put("podName", fields.firstText("pod_name"));
  put("environment", fields.firstText("environment"));
  put("platform", fields.firstText("platform"));
  const time = fields.first("timestamp", (value) => readTime(value, context));
  if (time !== undefined) outer.time = time;
  return outer;
}

/**
 * Docker's json-file, Fluent Bit and Fluentd with Kubernetes' metadata, FireLens: the log is the text under `log` (`message` with
 * `kubernetes` beside it), and what the program wrote as JSON may be merged in.
 */
export const container: Envelope = {
  marks: ["log", "kubernetes", "logmessage"],
  open(fields, context) {
    const isAround =
      fields.has("kubernetes") ||
      fields.has("stream") ||
      fields.has("containerid") ||
      fields.has("containername") ||
      fields.has("docker") ||
      fields.has("time") ||
      fields.has("podname") ||
      fields.has("platform") ||
      Object.keys(fields.value).length === 1;
    const log =
      fields.get("log") ?? (fields.has("podname", "containername") ? fields.get("logmessage") : undefined);
    const text =
      typeof log === "string"
        ? log
        : fields.has("kubernetes") && !fields.has("level")
          ? fields.get("message")
          : undefined;
    // Azure's ContainerLogV2 has what it could parse as an object.
    const value = text ?? (fields.has("logmessage") && isObject(log) ? log : undefined);
    if (!isAround || value === undefined || (typeof value !== "string" && !isObject(value))) return undefined;
    // Merged in: the fields say more than the text.
    const merged =
      fields.has("message") && typeof log === "string" && (fields.has("level") || fields.has("severity"));
    if (merged) return undefined;
    const outer = containerOf(fields, context);
    outer.service ??= fields.firstText("service");
    outer.version ??= fields.firstText("version");
    // Docker's name of a task's container: the task definition names the service, and its revision is what was deployed.
    const [, family, revision] =
      /^(.{1,255}):([0-9]{1,9})$/.exec(fields.text("ecstaskdefinition") ?? "") ?? [];
    if (family !== undefined && /^\/?ecs-/.test(fields.text("containername") ?? "")) {
      outer.service = family;
      outer.version ??= revision;
    }
    if (outer.service === undefined) delete outer.service;
    if (outer.version === undefined) delete outer.version;
    return {
      format: "container",
      inner: [{ value, outer }],
      rest: () => [],
    };
  },
};
