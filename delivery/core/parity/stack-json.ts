export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A synthesized stack: the content of its `cdk.tf.json`. */
export interface StackJson {
  readonly resource?: Record<string, Record<string, JsonObject>>;
  readonly data?: Record<string, Record<string, JsonObject>>;
  readonly variable?: Record<string, JsonObject>;
  readonly output?: Record<string, JsonObject>;
  readonly provider?: Record<string, JsonObject[]>;
  readonly terraform: {
    readonly backend: { readonly s3: JsonObject };
    readonly required_providers: Record<string, { source: string; version: string }>;
  };
}
