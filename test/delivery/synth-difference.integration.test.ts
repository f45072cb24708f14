import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { manifestsOf } from "../../delivery/commands/synth-difference/charts.ts";
import { compare } from "../../delivery/commands/synth-difference/compare.ts";
import type { Synthesis } from "../../delivery/core/application/synthesis.ts";
import { ROOT, runCali } from "../support/run.ts";

let folder: string;
let base: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cali-synth-difference-"));
  base = join(folder, "base");
  await mkdir(base);
  const needed = ["main.ts", "package.json", "tsconfig.json", "cdktf.json", "config", "constructs", "stacks"];
  for (const name of [...needed, "helm-values", "dashboards", "services"]) {
    await cp(join(ROOT, name), join(base, name), {
      recursive: true,
      filter: (path) => !path.includes("node_modules"),
    }).catch((error) => {
      // A room that this checkout doesn't have.
      if (needed.includes(name) || error.code !== "ENOENT") throw error;
    });
  }
  await symlink(join(ROOT, "node_modules"), join(base, "node_modules"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const difference = (...args: string[]) =>
  runCali(["synth-difference", "--base", base, "--env", "dev", ...args], {
    env: { GITHUB_STEP_SUMMARY: "" },
  });

it("shows what a checkout changes, in the job summary, too, and runs its code without anybody's secrets", async () => {
  const same = await difference();
  expect(same).toMatchObject({ code: 0, stdout: "No difference.\n" });

  const file = join(base, "config/dev.yaml");
  const dev = await readFile(file, "utf8");
  await writeFile(file, dev.replace("retentionHours: 24", "retentionHours: 48"));
  const main = await readFile(join(base, "main.ts"), "utf8");
  await writeFile(
    join(base, "main.ts"),
    `${main}\nif (process.env.AWS_SECRET_ACCESS_KEY ?? process.env.GITHUB_TOKEN) throw new Error("secrets");\n`,
  );
  const summary = join(folder, "summary.md");
  const changed = await difference("--summary", summary);
  expect(changed.code, changed.stderr).toBe(0);
  expect(changed.stdout).toContain("0 added, 2 changed, 0 removed");
  expect(changed.stdout).toContain("~ 01-kinesis: aws_kinesis_stream.logs");
  expect(changed.stdout).toContain("-retention_period: 48\n+retention_period: 24");
  // An alert rule says how long records are kept.
  expect(changed.stdout).toContain("~ 08-cluster: helm_release.grafana");
  expect(await readFile(summary, "utf8")).toContain("### Synthesized stacks of dev");
});

it("says where the configuration of the other side is wrong", async () => {
  await writeFile(join(base, "config/dev.yaml"), "project: cali\nenvironment: dev\nregion: mars\n");
  const { code, stderr } = await difference();
  expect(code).toBe(1);
  expect(stderr).toContain("does not synthesize");
  expect(stderr).toContain('config/dev.yaml:3: region: given "mars"');
});

it("shows what a value changes in a chart's manifests, as Helm renders them", async () => {
  const chart = join(folder, "charts/hello");
  await mkdir(join(chart, "templates"), { recursive: true });
  await writeFile(join(chart, "Chart.yaml"), "apiVersion: v2\nname: hello\nversion: 1.0.0\n");
  await writeFile(
    join(chart, "templates/all.yaml"),
    [
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  level: {{ .Values.level | quote }}\n",
      "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: other\n",
    ].join("---\n"),
  );
  const release = (values: string): Synthesis => {
    const hello = { name: "greeting", chart: "hello", namespace: "cali", version: "1.0.0", values: [values] };
    return new Map([["09-hello", { resource: { helm_release: { hello } } }]]);
  };
  const manifests = (values: string) => manifestsOf(release(values), join(folder, "charts"));
  const differences = compare(await manifests("level: info"), await manifests("level: debug"));
  expect(differences).toMatchObject([
    { stack: "09-hello", name: "ConfigMap cali/greeting", kind: "changed" },
  ]);
  expect(differences[0]?.patch).toContain("-  level: info\n+  level: debug");
  await expect(manifests("level: [")).rejects.toThrow(/09-hello: helm template hello: .*values/s);
});
