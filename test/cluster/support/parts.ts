import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { PYTHON_BIN } from "../../support/moto.ts";
import { isProgram, ROOT } from "../../support/run.ts";

const CONTROL_PLANE = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
const CHARTS = ["airflow", "cluster-autoscaler", "fluent-bit", "grafana", "metrics-server", "milvus"];

/**
 * What these tests need and no package brings, each by a variable of the environment:
 *
 * - `CALI_CONTROL_PLANE`: folder with etcd and Kubernetes' servers. Or `CALI_KUBECONFIG`: login of a cluster that has nothing but its control
 *   plane, such as kind's; its nodes are removed from it.
 * - `CALI_PROVIDER_MIRROR`: folder of unpacked Terraform providers.
 * - `CALI_CHARTS`: folder with a folder for each chart, as for `npm run test:charts`.
 */
export const parts = {
  controlPlane: process.env.CALI_CONTROL_PLANE ?? "",
  kubeconfig: process.env.CALI_KUBECONFIG ?? "",
  providers: process.env.CALI_PROVIDER_MIRROR ?? "",
  charts: process.env.CALI_CHARTS ?? "",
};

/** Where the programs are found: those of the control plane first. */
export const PATH = [join(ROOT, "node_modules/.bin"), parts.controlPlane, process.env.PATH]
  .filter(Boolean)
  .join(delimiter);

const missingPrograms = (names: readonly string[]) =>
  names
    .filter((name) => !PATH.split(delimiter).some((at) => isProgram(join(at, name))))
    .map((name) => `${name} on the PATH`);
const missingProviders = (names: readonly string[]) =>
  names
    .filter((name) => !existsSync(join(parts.providers, "registry.terraform.io/hashicorp", name)))
    .map((name) => `provider ${name} in CALI_PROVIDER_MIRROR`);

/** What is not there for stacks without charts, in words; nothing: the tests run. */
export const missingWithoutCharts: readonly string[] = [
  ...(parts.kubeconfig === ""
    ? CONTROL_PLANE.filter((name) => !isProgram(join(parts.controlPlane, name))).map(
        (name) => `${name} in CALI_CONTROL_PLANE`,
      )
    : []),
  ...missingProviders(["aws", "kubernetes"]),
  ...missingPrograms(["kubectl", "terraform"]),
  ...(isProgram(join(PYTHON_BIN, "moto_server")) ? [] : ["moto in CALI_PYTHON_BIN"]),
];

/** The same for all of them. */
export const missingParts: readonly string[] = [
  ...missingWithoutCharts,
  ...missingProviders(["helm"]),
  ...missingPrograms(["helm"]),
  ...CHARTS.filter((name) => !existsSync(join(parts.charts, name, "Chart.yaml"))).map(
    (name) => `chart ${name} in CALI_CHARTS`,
  ),
];

/** Of a test's title. */
export const skipped = (missing: readonly string[]) =>
  missing.length > 0 ? ` (skipped: no ${missing.join(", no ")})` : "";
