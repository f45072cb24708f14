import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { environmentFiles, loadConfig, parseConfig } from "../config/load.ts";
import { pathFilter } from "../delivery/core/github/path-filter.ts";
import { SHARED_PARTS } from "../delivery/core/shared-state/own.ts";
import { DERIVED_FILES } from "../stacks/derived.ts";
import { SHARED_STACK, STACKS, type StackEntry, stackNames, tierOf } from "../stacks/registry.ts";
import { FILES } from "./support/documents.ts";
import { ROOT } from "./support/run.ts";
import { synthesize, synthesizeEnvironment } from "./support/synth.ts";

/** `stacks/registry.ts` against everything else that has to know which stacks there are. */

const stacks: readonly StackEntry[] = STACKS;
const text = (file: string) => readFileSync(join(ROOT, file), "utf8");

describe("the registry", () => {
  it("has a row for each numbered file of stacks/, and no other", () => {
    const files = [...FILES].flatMap((file) => /^stacks\/(\d\d-[\w-]+)\.ts$/.exec(file)?.[1] ?? []);
    expect(stackNames(), "stacks/registry.ts").toEqual(files.sort());
  });

  it.each(environmentFiles())("has what main.ts places in %s", (env) => {
    const { stateLayout } = loadConfig({ env });
    const own = stackNames(({ sharedState }) => stateLayout === "stacks" || !sharedState);
    const placed = Object.keys(synthesizeEnvironment(env).stacks).sort();
    expect(placed, "main.ts places what stacks/registry.ts has").toEqual(
      stateLayout === "shared" ? [...own, SHARED_STACK].sort() : own,
    );
  });

  it("says what each stack needs", () => {
    const dev = loadConfig({ env: "dev" });
    const managed = { mode: "managed", login: { kind: "identity-center" } };
    const apps = [dev, parseConfig({ ...dev, grafana: managed }, "dev with Grafana")].map((config) =>
      synthesize(config),
    );
    for (const { id, needs } of stacks) {
      const found = apps.flatMap(({ manifest }) => manifest.stacks[id]?.dependencies ?? []);
      expect([...new Set(found)].sort(), `stacks/registry.ts: needs of ${id}`).toEqual(needs);
    }
  });

  it("says which stacks log in to the cluster: those of tier cluster, and no other", () => {
    for (const [name, stack] of Object.entries(synthesizeEnvironment("dev").stacks)) {
      const logsIn = JSON.stringify(stack.provider ?? {}).includes("get-token");
      expect(logsIn ? "cluster" : "aws", `stacks/registry.ts: tier of ${name}`).toBe(tierOf(name));
    }
  });

  it("says which images each stack runs", () => {
    const kcl = parseConfig(
      { ...loadConfig({ env: "dev" }), services: { consumer: { engine: "kcl" } } },
      "dev",
    );
    const apps = [synthesizeEnvironment("dev"), synthesize(kcl)];
    const variables = (id: string) => {
      const names = apps.flatMap((app) => Object.keys(app.stacks[id]?.variable ?? {}));
      return [...new Set(names)].filter((name) => /(^|_)image$/.test(name));
    };
    for (const { id, images = [] } of stacks) {
      expect(images.map(({ variable }) => variable).sort(), `stacks/registry.ts: images of ${id}`).toEqual(
        variables(id).sort(),
      );
    }
  });

  it.each(Object.entries(DERIVED_FILES))("is what %s says; else: npm run stacks:write", (file, derive) => {
    expect(derive(text(file))).toBe(text(file));
  });

  it("is why nothing compares the numbers of stacks as text", () => {
    const compares = /[<>]=?\s*["'](0?\d|1\d)["']|\^\(?0\[|0\[\d-\d\]|1\\d\)/;
    const files = [...FILES].filter(
      (file) =>
        /^(main\.ts|(stacks|constructs|config|delivery|test|\.github)\/)/.test(file) &&
        !file.includes("fixtures"),
    );
    const found = files
      .filter((file) => file !== "test/registry.test.ts" && /\.(ts|yml)$/.test(file))
      .flatMap((file) =>
        text(file)
          .split("\n")
          .filter((line) => compares.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      );
    expect(found).toEqual([]);
  });
});

describe("a stack of tier aws that is not part of the hand-written project", () => {
  it("is in no shared state: only the first seven are", () => {
    const first = ["01-kinesis", "02-s3", "03-opensearch", "04-grafana", "05-eks", "06-iam", "07-ecr"];
    expect(stackNames(({ sharedState }) => sharedState === true)).toEqual(first);
    expect(SHARED_PARTS).toEqual(first);
    const infra = synthesizeEnvironment("terraform-users").stacks[SHARED_STACK];
    expect(infra?.terraform.backend.s3.key).toBe("infra/terraform.tfstate");
  });
});

describe("files and what deploys them", () => {
  const workflow = (file: string) => parse(text(file)) as { on: { push?: { paths?: string[] } } };
  const workflows = [...FILES].filter((file) => /^\.github\/workflows\/[\w-]+\.yml$/.test(file));
  const filters = workflows.flatMap((file) => {
    const { paths } = workflow(file).on.push ?? {};
    return paths ? [{ file, matches: pathFilter(paths) }] : [];
  });
  const deployedBy = (path: string) =>
    filters.filter(({ matches }) => matches(path)).map(({ file }) => file.replace(/.*\/|\.yml/g, ""));

  /** What changes nothing that is deployed. A file that is neither here nor in a filter has to be put somewhere. */
  const DEPLOYS_NOTHING = pathFilter([
    // Documentation.
    "*.md",
    "LICENSE",
    "docs/**",
    "packages/**/*.md",
    // Tests, benchmarks, and the pipeline on one machine.
    "test/**",
    "bench/**",
    "local/**",
    "packages/**/test/**",
    "vitest*.ts",
    "stryker*",
    // Editors, linters, Git and GitHub.
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    ".nvmrc",
    "biome.json",
    "tsconfig.json",
    "knip*",
    "commitlint.config.js",
    "renovate.json",
    ".devcontainer/**",
    ".githooks/**",
    ".github/ISSUE_TEMPLATE/**",
    ".github/*.md",
    ".github/zizmor.yml",
    "scripts/**",
    "bin/**",
    // CI tests; the nightly runs look and test, and deploy nothing.
    ".ci/**",
    ".github/workflows/ci.yml",
    ".github/workflows/pull-request.yml",
    ".github/workflows/drift.yml",
    ".github/workflows/nightly.yml",
    ".github/workflows/prices.yml",
    // What people start by hand, and what the synth prints or writes beside the stacks.
    "stacks/columns.ts",
    "stacks/derived.ts",
    "stacks/fit-table.ts",
    "stacks/graph.ts",
    "stacks/infrastructure.ts",
    "stacks/new-stack.ts",
    "stacks/picture.ts",
    "stacks/sources.ts",
    "stacks/stale.ts",
    "stacks/summary.ts",
    "stacks/write-derived.ts",
  ]);

  it("is named for each file: a workflow's push filter has it, or the list above", () => {
    const nobody = [...FILES].filter((path) => deployedBy(path).length === 0 && !DEPLOYS_NOTHING(path));
    expect(
      nobody,
      "name it in the push filter of the workflow that deploys it, or in DEPLOYS_NOTHING",
    ).toEqual([]);
  });

  it.each(stacks.map(({ id, tier }) => [id, tier] as const))(
    "%s is deployed by the workflow of tier %s",
    (id, tier) => {
      expect(deployedBy(`stacks/${id}.ts`)).toEqual([tier === "aws" ? "terraform" : "helm"]);
    },
  );

  it.each([
    ["package.json", ["consumer", "helm", "log-generator", "terraform"]],
    ["cdktf.json", ["helm", "terraform"]],
    ["terraform-locks/01-kinesis.hcl", ["helm", "terraform"]],
    ["dashboards/cali.json", ["helm", "terraform"]],
    [".dockerignore", ["airflow-dags", "consumer", "log-generator"]],
    ["stacks/registry.ts", ["helm", "terraform"]],
  ])("%s is deployed by %j", (path, expected) => {
    expect(deployedBy(path).sort()).toEqual(expected);
  });

  it.each(["consumer", "log-generator", "airflow-dags"])(
    "what the image of %s is built from starts its workflow",
    (service) => {
      const copied = [
        ...text(`services/${service}/Dockerfile`).matchAll(/^COPY (?!--from)(.+) \S+$/gm),
      ].flatMap(([, sources = ""]) => sources.split(" "));
      // Of another service npm needs the package.json alone, to find the workspace.
      const others = /^services\/(?!SERVICE\/)[\w-]+\/package\.json$/.source.replace("SERVICE", service);
      const missing = copied
        .filter((path) => !new RegExp(others).test(path))
        .filter((path) =>
          [...FILES].some(
            (file) => (file === path || file.startsWith(`${path}/`)) && !deployedBy(file).includes(service),
          ),
        );
      expect(missing).toEqual([]);
      expect(copied.length).toBeGreaterThan(0);
    },
  );
});
