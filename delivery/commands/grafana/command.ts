import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { grafanaDataSources } from "../../../config/grafana-data-sources.ts";
import { loadConfig, overridesOf } from "../../../config/load.ts";
import { endpointOf } from "../../core/aws/opensearch-domain.ts";
import { actualNames } from "../../core/names.ts";
import { environmentOption } from "../../core/options.ts";
import { GrafanaApi } from "./grafana-api.ts";
import { type Dashboard, provision } from "./provision.ts";
import { withWorkspace } from "./workspace.ts";

const DASHBOARDS = join(import.meta.dirname, "../../../dashboards");
const DOMAIN_WAIT_MS = 60_000;
const POLL_MS = 5_000;

/** The dashboards of the project. */
export function dashboards(): Dashboard[] {
  return globSync("*.json", { cwd: DASHBOARDS })
    .sort()
    .map((file) => JSON.parse(readFileSync(join(DASHBOARDS, file), "utf8")) as Dashboard);
}

/** `cali grafana` */
export const grafanaCommand = new Command("grafana")
  .description(
    "Puts data sources and dashboards into the managed Grafana workspace. Run again, it changes nothing. Grafana in the cluster gets them with its chart.",
  )
  .addOption(environmentOption())
  .action(async ({ env }: { env?: string }) => {
    const config = loadConfig({ env });
    const { region, grafana, domain } = config;
    if (grafana.mode !== "managed") {
      console.log(
        grafana.mode === "chart"
          ? "Grafana runs in the cluster: its chart brings data sources and dashboards. Nothing to do."
          : "There is no Grafana (grafana.mode: off). Nothing to do.",
      );
      return;
    }
    const names = actualNames(config, overridesOf(env));
    const endpoint = await endpointOf({
      domain: names.domain,
      region,
      limitMs: DOMAIN_WAIT_MS,
      pollMs: POLL_MS,
      print: console.log,
    });
    const version = domain.version.replace(/^OpenSearch_/, "");
    await withWorkspace(names.grafanaWorkspace, region, (access) =>
      provision({
        api: new GrafanaApi(access),
        dataSources: grafanaDataSources(endpoint, version, region),
        dashboards: dashboards(),
        onOutcome: ({ what, did }) => console.log(`${did}: ${what}`),
      }),
    );
  });
