import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import pLimit from "p-limit";
import { parseAllDocuments, stringify } from "yaml";
import { z } from "zod";
import type { Synthesis } from "../../core/application/synthesis.ts";
import { ChartRenderError } from "../../core/errors.ts";
import type { NamedText } from "./documents.ts";

/** The provider's `helm_release`, as far as a chart is rendered from it. */
const releaseSchema = z.object({
  name: z.string(),
  namespace: z.string().default("default"),
  chart: z.string(),
  repository: z.string().optional(),
  version: z.string().optional(),
  values: z.array(z.string()).default([]),
});
type Release = z.output<typeof releaseSchema> & { readonly stack: string };

const manifestSchema = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
});

const TIMEOUT_MS = 2 * 60_000;
const SIDE_BY_SIDE = 4;
const LONGEST_OUTPUT = 4_000;

/**
 * The manifests that the charts of a synthesis render to, with `helm template`.
 *
 * @param chartFolder where charts lie unpacked by their names, instead of their repositories.
 * @throws ChartRenderError
 */
export async function manifestsOf(synthesis: Synthesis, chartFolder?: string): Promise<NamedText[]> {
  const limit = pLimit(SIDE_BY_SIDE);
  const releases = releasesOf(synthesis);
  return (await Promise.all(releases.map((release) => limit(() => render(release, chartFolder))))).flat();
}

function releasesOf(synthesis: Synthesis): Release[] {
  const blockSchema = z.object({
    resource: z.object({ helm_release: z.record(z.string(), releaseSchema).default({}) }).optional(),
  });
  return [...synthesis].flatMap(([stack, blocks]) =>
    Object.values(blockSchema.parse(blocks).resource?.helm_release ?? {}).map((release) => ({
      ...release,
      stack,
    })),
  );
}

async function render(release: Release, chartFolder: string | undefined): Promise<NamedText[]> {
  const folder = await mkdtemp(join(tmpdir(), "cali-chart-"));
  try {
    const files = await Promise.all(
      release.values.map(async (values, place) => {
        const file = join(folder, `values-${place}.yaml`);
        await writeFile(file, values);
        return file;
      }),
    );
    const source = chartFolder
      ? [join(chartFolder, release.chart)]
      : [
          release.chart,
          ...(release.repository ? ["--repo", release.repository] : []),
          ...(release.version ? ["--version", release.version] : []),
        ];
    const { stdout } = await execa(
      "helm",
      [
        "template",
        release.name,
        ...source,
        "--namespace",
        release.namespace,
        ...files.flatMap((file) => ["--values", file]),
      ],
      { timeout: TIMEOUT_MS },
    ).catch((error) => {
      const said = String(error.stderr || error.shortMessage).slice(-LONGEST_OUTPUT);
      throw new ChartRenderError(`${release.stack}: helm template ${release.chart}: ${said}`, {
        cause: error,
      });
    });
    return split(stdout, release);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function split(rendered: string, { stack, namespace, chart }: Release): NamedText[] {
  return parseAllDocuments(rendered).flatMap((document) => {
    if (document.errors[0]) {
      throw new ChartRenderError(`${stack}: ${chart} renders to broken YAML: ${document.errors[0].message}`);
    }
    const value: unknown = document.toJS();
    if (value === null) return [];
    const { kind, metadata } = manifestSchema.parse(value);
    const name = `${kind} ${metadata.namespace ?? namespace}/${metadata.name}`;
    return [{ stack, name, text: stringify(value, { sortMapEntries: true, lineWidth: 0 }) }];
  });
}
