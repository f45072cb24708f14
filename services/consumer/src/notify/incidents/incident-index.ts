import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { Client, type ClientOptions, errors } from "@opensearch-project/opensearch";
import { AwsSigv4Signer } from "@opensearch-project/opensearch/aws-v3";
import { z } from "zod";
import type { OpenSearchConfig } from "../../config/open-search.ts";
import type { Incident } from "./document.ts";
import { OpenSearchError } from "./errors.ts";

/** What became of each incident of a call, by `alert_id`. */
export interface BulkResult {
  readonly indexed: readonly string[];
  /** They will never be taken as they are, and why. */
  readonly refused: readonly { readonly id: string; readonly reason: string }[];
  /** Not taken now: the node is busy, the index is blocked. */
  readonly failed: readonly { readonly id: string; readonly reason: string }[];
}

const bulkAnswer = z.object({
  items: z.array(
    z.object({
      index: z.object({
        _id: z.string(),
        status: z.int(),
        error: z.object({ type: z.string(), reason: z.string().nullish() }).optional(),
      }),
    }),
  ),
});
/** What is asked of the answer. */
const ANSWER_FIELDS = "items.index._id,items.index.status,items.index.error.type,items.index.error.reason";
const LONGEST_REASON = 300;

export interface IncidentIndexOptions extends Omit<OpenSearchConfig, "batch" | "maxWaiting"> {
  readonly endpoint: string;
  readonly region: string;
  /** For tests. Default: AWS's usual sources. */
  readonly credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** The index of the incidents, in OpenSearch. */
export class IncidentIndex {
  readonly #client: Client;
  readonly #index: string;

  constructor(options: IncidentIndexOptions) {
    this.#index = options.index;
    this.#client = new Client({
      node: options.endpoint,
      requestTimeout: options.timeoutMs,
      // What is not acknowledged is sent again by whoever calls, and not at once.
      maxRetries: 0,
      ...authOf(options),
    });
  }

  /** Indexes incidents, each under its `alert_id`: the same one again changes nothing. @throws OpenSearchError */
  async bulk(incidents: readonly Incident[]): Promise<BulkResult> {
    const body = incidents.flatMap((incident) => [
      { index: { _index: this.#index, _id: incident.alert_id } },
      { ...incident },
    ]);
    let answer: unknown;
    try {
      // Without the alias it would make an index of that name, with whatever mapping it guesses.
      ({ body: answer } = await this.#client.bulk({
        body,
        require_alias: true,
        filter_path: [ANSWER_FIELDS],
      }));
    } catch (error) {
      throw meaningOf(error);
    }
    const parsed = bulkAnswer.safeParse(answer);
    const ids = incidents.map(({ alert_id }) => alert_id);
    if (!parsed.success || parsed.data.items.some(({ index }, place) => index._id !== ids[place])) {
      throw new OpenSearchError("unavailable", "the answer to a bulk call is not OpenSearch's");
    }
    return sorted(parsed.data.items.map(({ index }) => index));
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

type Item = z.output<typeof bulkAnswer>["items"][number]["index"];

function sorted(items: readonly Item[]): BulkResult {
  const indexed: string[] = [];
  const refused: { id: string; reason: string }[] = [];
  const failed: { id: string; reason: string }[] = [];
  for (const { _id: id, status, error } of items) {
    const reason = `${status} ${error?.type ?? ""}: ${error?.reason ?? ""}`.slice(0, LONGEST_REASON);
    if (status < 300) indexed.push(id);
    // Only of a document itself it says 400: a field that doesn't fit its mapping.
    else if (status === 400) refused.push({ id, reason });
    else failed.push({ id, reason });
  }
  return { indexed, refused, failed };
}

function authOf(options: IncidentIndexOptions): ClientOptions {
  const { auth, username = "", password = "", region, credentials } = options;
  if (auth === "basic") return { auth: { username, password } };
  if (auth === "none") return {};
  const provider = defaultProvider();
  const getCredentials = async () => credentials ?? (await provider());
  return AwsSigv4Signer({ region, service: "es", getCredentials }) as ClientOptions;
}

function meaningOf(error: unknown): OpenSearchError {
  if (error instanceof errors.ResponseError) {
    const kind = error.statusCode === 413 ? "too-large" : "unavailable";
    return new OpenSearchError(kind, `OpenSearch answered ${error.statusCode}`);
  }
  const { name, message } = error as Error;
  return new OpenSearchError(
    "unavailable",
    `OpenSearch cannot be reached: ${name}: ${message}`.slice(0, LONGEST_REASON),
  );
}
