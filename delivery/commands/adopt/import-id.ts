import type { Adopted } from "./partition.ts";

type Attributes = Adopted["attributes"];

const text = (attributes: Attributes, name: string): string => {
  const value = attributes[name];
  return typeof value === "string" ? value : "";
};

/**
 * What the AWS provider takes as the id of an import, where it is not the state's `id`. Source: "Import" at the foot of each
 * resource's page in the provider's documentation, 5.100.
 */
const IDS: Readonly<Record<string, (attributes: Attributes) => string>> = {
  aws_iam_role_policy_attachment: (of) => `${text(of, "role")}/${text(of, "policy_arn")}`,
  aws_kinesis_stream: (of) => text(of, "name"),
  aws_kinesis_firehose_delivery_stream: (of) => text(of, "arn"),
  aws_opensearch_domain: (of) => text(of, "domain_name"),
  aws_cloudwatch_log_stream: (of) => `${text(of, "log_group_name")}:${text(of, "name")}`,
};

/** The id to import an object by; empty: the state lacks what it is made of. */
export function importId({ type, attributes }: Pick<Adopted, "type" | "attributes">): string {
  const id = IDS[type]?.(attributes) ?? text(attributes, "id");
  return id.startsWith("/") || id.endsWith("/") ? "" : id;
}
