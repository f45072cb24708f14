import { loadConfig } from "../../config/load.ts";
import type { PodFootprint } from "../../constructs/footprint.ts";
import { buildApp } from "../../main.ts";
import { podSpecOf } from "../support/manifests.ts";
import { synthesizeEnvironment } from "../support/synth.ts";
import { releasesOf, render } from "./rendered.ts";
import { releaseProblems } from "./rules.ts";

/**
 * `npm run test:charts -- FOLDER`: renders the charts in FOLDER with the values that the stacks of dev and prod have, and
 * checks what Helm would send to the cluster. FOLDER has a folder for each chart, in the version that is pinned, with its
 * subcharts unpacked in `charts/`. Needs helm 3 on the path (or `HELM`).
 */
async function main([folder, ...rest]: readonly string[]): Promise<void> {
  if (folder === undefined || rest.length > 0) {
    throw new Error(
      `test:charts: given ${rest.length + (folder ? 1 : 0)} arguments; allowed: one folder with charts`,
    );
  }
  let count = 0;
  for (const env of ["dev", "prod"]) {
    const config = loadConfig({ env });
    const footprints = footprintsOf(env);
    for (const release of releasesOf(synthesizeEnvironment(env).stacks)) {
      const manifests = render(release, folder, config.cluster.version);
      const problems = await releaseProblems(manifests, footprints);
      const pods = manifests.filter((manifest) => podSpecOf(manifest)).length;
      console.log(
        `${env} ${release.stack} ${release.chart} ${release.version}: ${manifests.length} manifests, ${pods} with pods, ${problems.length} problems`,
      );
      for (const problem of problems) console.log(`  ${problem}`);
      count += problems.length;
    }
  }
  if (count > 0) process.exitCode = 1;
}

/** What the stacks of an environment say that they put into the cluster. */
function footprintsOf(env: string): PodFootprint[] {
  return buildApp(loadConfig({ env }))
    .node.findAll()
    .flatMap((construct) => ("footprints" in construct ? (construct.footprints as PodFootprint[]) : []));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // Helm's own words are in its message.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
