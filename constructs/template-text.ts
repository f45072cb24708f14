import { Token } from "cdktf";

/**
 * A value whose texts Terraform takes as they are: `${` and `%{` of their own are no templates. Texts with references are
 * left alone.
 */
export function asText<T>(value: T): T {
  return escaped(value) as T;
}

function escaped(value: unknown): unknown {
  if (typeof value === "string") {
    return Token.isUnresolved(value) ? value : value.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
  }
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, escaped(child)]));
}
