import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { PRICE_LIST } from "../../core/cost/price-list/address.ts";
import { refreshPrices } from "../../core/cost/price-list/refresh.ts";
import { PRICES_FOLDER } from "../../core/cost/price-table.ts";
import { PriceTableError } from "../../core/errors.ts";
import { repositoryOf } from "../../core/github/client.ts";
import { githubEnvironment } from "../../core/github/environment.ts";
import { openPricePullRequest, pricesMarkdown } from "./price-pull-request.ts";

export interface RefreshInput {
  /** Default: each region that has a table. */
  readonly region?: readonly string[];
  readonly priceList?: string;
  /** The tables' folder; default: the project's. */
  readonly tables?: string;
  readonly pullRequest?: boolean;
}

/**
 * Reads AWS's price list into the tables, and prints what changed as Markdown.
 *
 * @throws PriceListError, PriceTableError, GithubEnvironmentError, GithubRequestError
 */
export async function refresh({
  region,
  priceList = PRICE_LIST,
  tables = PRICES_FOLDER,
  pullRequest,
}: RefreshInput): Promise<void> {
  // Refused before minutes of reading.
  const github = pullRequest ? githubEnvironment(process.env) : undefined;
  const known = readdirSync(tables)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => basename(file, ".yaml"))
    .sort();
  const unknown = region?.find((one) => !known.includes(one));
  if (unknown !== undefined) {
    throw new PriceTableError(`--region: given ${unknown}; allowed: ${known.join(", ")} (of ${tables})`);
  }
  const refreshed = await refreshPrices({
    folder: tables,
    regions: region ?? known,
    base: priceList.replace(/\/+$/, ""),
    log: console.error,
  });
  console.log(pricesMarkdown(refreshed));
  if (!github) return;
  console.log(await openPricePullRequest(repositoryOf(github), refreshed));
}
