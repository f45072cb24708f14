import type { SecretEntry } from "./service-secret.ts";

/** Where Milvus is reached from inside the cluster; the chart's release is called milvus. */
export const milvusAddress = (namespace: string) => `milvus.${namespace}.svc.cluster.local:19530`;

/** The password of Milvus' user root: 10-milvus sets it, 13-consumer logs in with it. */
export const MILVUS_ROOT_PASSWORD: SecretEntry = {
  variable: "milvus_root_password",
  description: "Password of Milvus' user root, set when its volume is empty",
  required: true,
  form: {
    pattern: "^[A-Za-z0-9_.~-]{16,72}$",
    words: "16 to 72 letters, digits and the signs _ . ~ -",
  },
};
