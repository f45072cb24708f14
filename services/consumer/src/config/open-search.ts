import { z } from "zod";
import { count, httpUrl, MINUTE, ms } from "./values.ts";

/** Where alerts are indexed, as incidents. */
export const openSearchSchema = z
  .strictObject({
    endpoint: httpUrl
      .optional()
      .describe(
        "Address of the OpenSearch domain that incidents are indexed in. Default: none, they are not.",
      ),
    index: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_.-]{0,100}$/)
      .default("cali-incidents")
      .describe("Alias of the incidents' indices, which `cali opensearch` makes. Default: cali-incidents."),
    auth: z
      .enum(["aws", "basic", "none"])
      .default("aws")
      .describe(
        "aws: signed with the AWS credentials (Signature Version 4); basic: username and password; none. Default: aws.",
      ),
    username: z.string().min(1).optional().describe("Required with `auth: basic`."),
    password: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Required with `auth: basic`. Secret: only CALI_OPEN_SEARCH_PASSWORD or CALI_OPEN_SEARCH_PASSWORD_FILE.",
      ),
    timeoutMs: ms(10_000, 100, MINUTE, "Longest time of one call."),
    batch: count(200, 1, 1_000, "Most incidents in one call."),
    maxWaiting: count(
      10_000,
      1,
      1_000_000,
      "Most incidents that wait in the state while OpenSearch cannot be reached; older ones wait as objects, under incidents/waiting/.",
    ),
  })
  .superRefine(({ auth, username, password }, context) => {
    const given = { username, password };
    for (const key of ["username", "password"] as const) {
      if ((auth === "basic") === (given[key] !== undefined)) continue;
      const message = auth === "basic" ? "one, since auth is basic" : `none, since auth is ${auth}`;
      context.addIssue({ code: "custom", path: [key], message });
    }
  });

export type OpenSearchConfig = z.output<typeof openSearchSchema>;
