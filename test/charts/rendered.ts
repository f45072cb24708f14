import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { evaluate } from "../../delivery/core/parity/expression.ts";
import type { Manifest } from "../support/manifests.ts";
import type { StackJson } from "../support/synth.ts";

/** A chart as a stack installs it: what `helm_release` says. */
export interface Release {
  readonly stack: string;
  readonly name: string;
  readonly chart: string;
  readonly version: string;
  readonly namespace: string;
  /** With something sound in the place of each reference. */
  readonly values: string;
}

const DIGEST = `sha256:${"0a".repeat(32)}`;
const REGISTRY = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/cali";

/** What references become: Terraform would read them from AWS or from variables. */
const KNOWN: Readonly<Record<string, unknown>> = {
  "var.airflow_image": `${REGISTRY}/airflow-dags@${DIGEST}`,
  "var.consumer_image": `${REGISTRY}/consumer@${DIGEST}`,
  "var.rotation": 1,
  "data.aws_caller_identity.current.account_id": "123456789012",
  "data.aws_opensearch_domain.logs.endpoint": "search-cali.ap-northeast-2.es.amazonaws.com",
};

/** Every chart that the stacks of an environment install. */
export function releasesOf(stacks: Readonly<Record<string, StackJson>>): Release[] {
  return Object.entries(stacks).flatMap(([stack, { resource }]) =>
    Object.values(resource?.helm_release ?? {}).map((body) => {
      const text = (key: string) => z.string().parse(body[key]);
      const [values = "{}"] = z.array(z.string()).parse(body.values ?? []);
      return {
        stack,
        name: text("name"),
        chart: text("chart"),
        version: text("version"),
        namespace: z.string().parse(evaluate(body.namespace as string, known)),
        values: z.string().parse(evaluate(values, known)),
      };
    }),
  );
}

function known(path: readonly (string | number)[]): unknown {
  const reference = path.join(".");
  if (/^kubernetes_namespace_v1\.\w+\.metadata\.0\.name$/.test(reference)) return path[1];
  if (!(reference in KNOWN)) throw new RangeError(`no stand-in for ${reference}`);
  return KNOWN[reference];
}

const chartSchema = z.object({ version: z.string() });

/**
 * The manifests of a release, hooks and tests included, as Helm would send them to the cluster.
 *
 * @param folder has a folder for each chart, named as the chart
 * @throws Error when the chart isn't there in the release's version, or Helm fails
 */
export function render(release: Release, folder: string, kubernetes: string): Manifest[] {
  const chart = join(folder, release.chart);
  const file = join(chart, "Chart.yaml");
  if (!existsSync(file)) throw new Error(`${file}: not there; allowed: ${release.chart} ${release.version}`);
  const { version } = chartSchema.parse(parse(readFileSync(file, "utf8")));
  if (version !== release.version) {
    throw new Error(
      `${file}: given version ${version}; allowed: ${release.version}, which ${release.stack} installs`,
    );
  }
  const scratch = mkdtempSync(join(tmpdir(), "cali-charts-"));
  try {
    const values = join(scratch, "values.json");
    writeFileSync(values, release.values);
    const yaml = execFileSync(
      process.env.HELM ?? "helm",
      [
        ...["template", release.name, chart, "--namespace", release.namespace, "--values", values],
        ...["--kube-version", kubernetes, "--include-crds"],
      ],
      { encoding: "utf8", maxBuffer: 64 * 2 ** 20 },
    );
    return parseAllDocuments(yaml)
      .map((document) => withoutNulls(document.toJS()) as Manifest | null)
      .filter((manifest) => manifest !== null)
      .map((manifest) => ({
        ...manifest,
        metadata: { namespace: release.namespace, ...manifest.metadata },
      }));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** As the API server reads it: a key with nothing behind it is not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== null)
      .map(([key, child]) => [key, withoutNulls(child)]),
  );
}
