import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { PYTHON_BIN } from "../../support/moto.ts";
import { isProgram, ROOT } from "../../support/run.ts";

const CONTROL_PLANE = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
const PROGRAMS = ["helm", "kubectl", "terraform"];
const PROVIDERS = ["aws", "helm", "kubernetes"];
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

/** What is not there, in words; nothing: the tests run. */
export const missingParts: readonly string[] = [
  ...(parts.kubeconfig === ""
    ? CONTROL_PLANE.filter((name) => !isProgram(join(parts.controlPlane, name))).map(
        (name) => `${name} in CALI_CONTROL_PLANE`,
      )
    : []),
  ...PROVIDERS.filter(
    (name) => !existsSync(join(parts.providers, "registry.terraform.io/hashicorp", name)),
  ).map((name) => `provider ${name} in CALI_PROVIDER_MIRROR`),
  ...CHARTS.filter((name) => !existsSync(join(parts.charts, name, "Chart.yaml"))).map(
    (name) => `chart ${name} in CALI_CHARTS`,
  ),
  ...PROGRAMS.filter((name) => !PATH.split(delimiter).some((at) => isProgram(join(at, name)))).map(
    (name) => `${name} on the PATH`,
  ),
  ...(isProgram(join(PYTHON_BIN, "moto_server")) ? [] : ["moto in CALI_PYTHON_BIN"]),
];
