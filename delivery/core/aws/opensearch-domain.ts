import { setTimeout as sleep } from "node:timers/promises";
import { DescribeDomainCommand, OpenSearchClient } from "@aws-sdk/client-opensearch";
import { AwsRequestError, DomainError } from "../errors.ts";
import { awsRequest } from "./request.ts";

export interface DomainOptions {
  readonly domain: string;
  readonly region: string;
  /** Longest wait, ms. */
  readonly limitMs: number;
  /** Time between two looks, ms. */
  readonly pollMs: number;
  /** Takes a line for people. */
  readonly print: (line: string) => void;
}

/**
 * Waits until the domain is active.
 *
 * @returns its endpoint, `https://…`.
 * @throws DomainError when there is none, or it isn't active in time; AwsRequestError.
 */
export async function endpointOf({ domain, region, limitMs, pollMs, print }: DomainOptions): Promise<string> {
  const client = new OpenSearchClient({ region });
  const until = performance.now() + limitMs;
  try {
    for (let first = true; ; first = false) {
      const { DomainStatus: status } = await awsRequest("es:DescribeDomain", `domain ${domain}`, () =>
        client.send(new DescribeDomainCommand({ DomainName: domain })),
      ).catch((error) => {
        if (error instanceof AwsRequestError && error.code === "ResourceNotFoundException") {
          throw new DomainError(
            `there is no domain ${domain} in ${region}\nRemedy: deploy 03-opensearch first, or give --endpoint.`,
            { cause: error },
          );
        }
        throw error;
      });
      const host = status?.Endpoint ?? Object.values(status?.Endpoints ?? {})[0];
      if (host && !status?.Processing) return `https://${host}`;
      if (performance.now() >= until) {
        throw new DomainError(
          `domain ${domain} is not active after ${Math.round(limitMs / 60_000)} minutes\nRemedy: look at it in OpenSearch's console, and run again.`,
        );
      }
      if (first) print(`waiting for domain ${domain}, which is being ${host ? "changed" : "made"}`);
      await sleep(pollMs);
    }
  } finally {
    client.destroy();
  }
}
