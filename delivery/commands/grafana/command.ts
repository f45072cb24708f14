import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { STSClient } from "@aws-sdk/client-sts";
import { Command } from "commander";
import { grafanaAlertRules } from "../../../config/grafana-alert-rules.ts";
import { grafanaDataSources } from "../../../config/grafana-data-sources.ts";
import { loadConfig, overridesOf } from "../../../config/load.ts";
import { whoAmI } from "../../core/aws/identity.ts";
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
    "Puts data sources, dashboards and alert rules into the managed Grafana workspace. Run again, it changes nothing. Grafana in the cluster gets them with its chart.",
  )
  .addOption(environmentOption())
  .action(async ({ env }: { env?: string }) => {
    const config = loadConfig({ env });
    const { region, grafana, domain } = config;
    if (grafana.mode !== "managed") {
      console.log(
        grafana.mode === "chart"
          ? "Grafana runs in the cluster: its chart brings data sources, dashboards and alert rules. Nothing to do."
          : "There is no Grafana (grafana.mode: off). Nothing to do.",
      );
      return;
    }
    const names = actualNames(config, overridesOf(env), await accountOf(region));
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
        alertRules: grafanaAlertRules(names, config),
        onOutcome: ({ what, did }) => console.log(`${did}: ${what}`),
      }),
    );
  });

async function accountOf(region: string): Promise<string> {
  const sts = new STSClient({ region });
  try {
    return (await whoAmI(sts)).account;
  } finally {
    sts.destroy();
  }
}
