import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { synthesizeEnvironment } from "../support/synth.ts";

/** What the fake AWS was tried with (test/support/aws-fake). */
const AWS_PROVIDER = "5.100.0";

const releaseSchema = z.object({ chart: z.string(), version: z.string(), repository: z.url() });

/**
 * `npx tsx test/cluster/fetch-parts.ts FOLDER`: fetches what `npm run test:cluster` needs besides programs and a control plane, in the versions that the
 * stacks have: Terraform's providers to FOLDER/providers, the charts to FOLDER/charts. Needs terraform and helm on the path.
 */
function main([folder, ...rest]: readonly string[]): void {
  if (folder === undefined || rest.length > 0) {
    throw new Error(
      `fetch-parts: given ${rest.length + (folder ? 1 : 0)} arguments; allowed: one, the folder to fetch to`,
    );
  }
  const { stacks } = synthesizeEnvironment("dev");
  const charts = join(resolve(folder), "charts");
  mkdirSync(charts, { recursive: true });
  for (const release of Object.values(stacks).flatMap(({ resource }) =>
    Object.values(resource?.helm_release ?? {}),
  )) {
    const { chart, version, repository } = releaseSchema.parse(release);
    const pull = ["pull", chart, "--repo", repository, "--version", version, "--untar", "--untardir", charts];
    execFileSync("helm", pull, { stdio: "inherit" });
  }
  const required = stacks["08-cluster"]?.terraform?.required_providers as Record<string, object>;
  const { aws, helm, kubernetes } = required;
  fetchProviders(join(resolve(folder), "providers"), {
    aws: { ...aws, version: AWS_PROVIDER },
    helm: { ...helm },
    kubernetes: { ...kubernetes },
  });
}

/** Terraform's cache of providers is laid out as a mirror of unpacked ones. */
function fetchProviders(folder: string, required_providers: Record<string, object>): void {
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), "cali-providers-"));
  try {
    writeFileSync(join(scratch, "main.tf.json"), JSON.stringify({ terraform: { required_providers } }));
    execFileSync("terraform", ["init", "-input=false"], {
      cwd: scratch,
      env: { ...process.env, TF_PLUGIN_CACHE_DIR: folder },
      stdio: "inherit",
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

main(process.argv.slice(2));
