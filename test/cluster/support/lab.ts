import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { CreateClusterCommand, EKSClient } from "@aws-sdk/client-eks";
import { CreateDomainCommand, OpenSearchClient } from "@aws-sdk/client-opensearch";
import { expect, vi } from "vitest";
import { z } from "zod";
import { Names } from "../../../config/names.ts";
import { killWithTerraform } from "../../support/kills.ts";
import { RealAws } from "../../support/real-aws.ts";
import { CALI, ROOT, type RunResult, run } from "../../support/run.ts";
import { ControlPlane } from "./control-plane.ts";
import { Kubelets } from "./kubelets.ts";
import { PATH, parts } from "./parts.ts";

const ACCOUNT = "123456789012";
const REGION = "ap-northeast-2";

/** The stacks in the cluster, in the order of their deployment. */
export const STACKS = [
  "08-cluster",
  "09-fluent-bit",
  "10-milvus",
  "11-airflow",
  "12-log-generator",
  "13-consumer",
];

const SERVICES = ["12-log-generator", "13-consumer"];

/** Which charts a stack installs, by their HCL names. */
const CHARTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "08-cluster": {
    metrics_server: "metrics-server",
    cluster_autoscaler: "cluster-autoscaler",
    grafana: "grafana",
  },
  "09-fluent-bit": { fluent_bit: "fluent-bit" },
  "10-milvus": { milvus: "milvus" },
  "11-airflow": { airflow: "airflow" },
};

/** What a person or the pipeline sets: secrets by stack, and the number of their rotation. */
const VARIABLES = {
  TF_VAR_grafana_admin_password: "grafana-secret-1",
  TF_VAR_milvus_root_password: "milvus-root-password-1",
  TF_VAR_airflow_postgres_password: "postgres-password-1",
  TF_VAR_airflow_admin_password: "admin-password-12",
  TF_VAR_airflow_fernet_key: "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
  TF_VAR_airflow_api_secret_key: "0123456789abcdef0123456789abcdef",
  TF_VAR_airflow_jwt_secret: "0123456789abcdef0123456789abcdeX",
  TF_VAR_slack_webhook_url: "https://hooks.slack.com/services/T/B/x",
};

/** An environment's cluster on a real control plane, and what deploys to it: the real providers, on a fake AWS. */
export class Lab {
  readonly environment: string;
  readonly aws: RealAws;
  readonly cluster: ControlPlane;
  readonly kubelets: Kubelets;
  readonly #names: Names;
  readonly #variables: Record<string, string> = { ...VARIABLES };

  private constructor(environment: string, aws: RealAws, cluster: ControlPlane, kubelets: Kubelets) {
    this.environment = environment;
    this.aws = aws;
    this.cluster = cluster;
    this.kubelets = kubelets;
    this.#names = new Names({
      prefix: `cali-${environment}`,
      environment,
      region: REGION,
      account: ACCOUNT,
    });
  }

  static async start(environment: string): Promise<Lab> {
    const cluster = await ControlPlane.start();
    const kubelets = await Kubelets.start(cluster.url);
    const aws = await RealAws.start({
      FAKE_CLUSTER_ENDPOINT: cluster.endpoint,
      FAKE_CLUSTER_CA: cluster.certificateAuthority,
    });
    const lab = new Lab(environment, aws, cluster, kubelets);
    await aws.bootstrap(environment);
    await lab.#makeNeighbours();
    lab.#writeOverrides();
    lab.#writeAwsCommand();
    return lab;
  }

  async stop(): Promise<void> {
    await this.kubelets.stop();
    await this.aws.stop();
    await this.cluster.stop();
  }

  /** An image of the environment's own repository. @param digit what its digest is made of */
  image(service: string, digit: string): string {
    const repository = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/${this.#names.repository(service)}`;
    return `${repository}@sha256:${digit.repeat(64)}`;
  }

  get env(): Record<string, string> {
    return {
      ...this.aws.env,
      ...this.#variables,
      PATH: [join(this.aws.folder, "bin"), PATH].join(delimiter),
      KUBECONFIG: this.cluster.kubeconfig,
    };
  }

  /** A command of this checkout's `cali`, with more variables. */
  cali(args: readonly string[], env: Record<string, string> = {}): Promise<RunResult> {
    return run(join(ROOT, "node_modules/.bin/node"), [...CALI, ...args, "--env", this.environment], {
      cwd: this.aws.checkout,
      env: { ...this.env, ...env },
    });
  }

  /**
   * Deploys the stacks with new plans.
   *
   * @param digit of the images; undefined: those that run stay.
   * @param variables that stay so from now on.
   * @returns what was said of them
   * @throws Error
   */
  async deploy(digit?: string, variables: Record<string, string> = {}): Promise<string> {
    Object.assign(this.#variables, variables);
    let said = "";
    // The services have each a variable of the same name.
    for (const names of [
      STACKS.filter((name) => !SERVICES.includes(name)),
      ...SERVICES.map((name) => [name]),
    ]) {
      const { code, stdout, stderr } = await this.cali(
        ["deploy", "--replan", ...names],
        digit === undefined ? {} : this.images(names[0] ?? "", digit),
      );
      said += stdout;
      if (code !== 0) throw new Error(`deploy ${names.join(" ")}: ${stdout}${stderr}`);
    }
    return said;
  }

  /** Deploys a stack until its chart's release waits for an end, and kills everything that works on it. */
  async killDeployment(stack: string, digit: string): Promise<void> {
    const child = spawn(
      join(ROOT, "node_modules/.bin/node"),
      [...CALI, "deploy", "--replan", stack, "--env", this.environment],
      {
        cwd: this.aws.checkout,
        env: { ...process.env, ...this.env, ...this.images(stack, digit) },
        stdio: "ignore",
      },
    );
    const releases = ["get", "secrets", "--all-namespaces", "--output=name", "--selector"];
    await vi.waitFor(
      async () => {
        expect(child.exitCode).toBe(null);
        const pending = "owner=helm,status in (pending-install,pending-upgrade)";
        expect(await this.cluster.kubectl(...releases, pending)).not.toBe("");
      },
      { timeout: 300_000, interval: 500 },
    );
    await killWithTerraform(child);
    const { code, stdout, stderr } = await this.cali(["unlock", "--seconds", "60"]);
    expect(code, stdout + stderr).toBe(0);
  }

  /** Changes a file of the checkout that is deployed. */
  edit(file: string, from: string, to: string): void {
    const path = join(this.aws.checkout, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    writeFileSync(path, text.replace(from, to));
  }

  /** Whether a service account may do something. */
  async may(account: string, ...what: readonly string[]): Promise<boolean> {
    const { stdout } = await run(
      "kubectl",
      ["auth", "can-i", ...what, "--as", `system:serviceaccount:${account}`],
      {
        env: this.env,
      },
    );
    return stdout.trim() === "yes";
  }

  /** Objects of a kind in all namespaces. */
  async all<T>(kind: string, schema: z.ZodType<T>): Promise<T[]> {
    const json = await this.cluster.kubectl("get", kind, "--all-namespaces", "--output=json");
    return z.object({ items: z.array(schema) }).parse(JSON.parse(json)).items;
  }

  images(stack: string, digit: string): Record<string, string> {
    const own = stack === "12-log-generator" ? "log-generator" : "consumer";
    return {
      TF_VAR_image: this.image(own, digit),
      TF_VAR_kcl_image: this.image("consumer", digit),
      TF_VAR_consumer_image: this.image("consumer", digit),
      TF_VAR_airflow_image: this.image("airflow-dags", digit),
    };
  }

  /** Terraform in a stack's synthesized folder, as `cali` left it. */
  terraform(stack: string, args: readonly string[], folder = this.folderOf(stack)): Promise<RunResult> {
    return run("terraform", [...args, "-no-color", "-input=false"], {
      cwd: folder,
      env: { ...this.env, ...this.images(stack, "a") },
    });
  }

  /** Makes objects of the cluster. @throws Error */
  async apply(items: readonly object[]): Promise<void> {
    const file = join(this.aws.folder, "objects.json");
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await this.cluster.kubectl("apply", "--filename", file);
  }

  /** Applies what a version of before synthesized, on the state that `cali` goes on with. @throws Error */
  async applyEarlier(stack: string, file: string): Promise<void> {
    const folder = join(this.aws.folder, "earlier", basename(file));
    mkdirSync(folder, { recursive: true });
    copyFileSync(file, join(folder, "cdk.tf.json"));
    for (const args of [["init"], ["apply", "-auto-approve"]]) {
      const { code, stdout, stderr } = await this.terraform(stack, args, folder);
      if (code !== 0) throw new Error(`terraform ${args.join(" ")}: ${stdout}${stderr}`);
    }
  }

  folderOf(stack: string): string {
    return join(this.aws.checkout, `.cali/synth/${this.environment}/stacks`, stack);
  }

  /** What 01 to 07 would have made and 08 to 13 look up. */
  async #makeNeighbours(): Promise<void> {
    const eks = new EKSClient(this.aws.client);
    const openSearch = new OpenSearchClient(this.aws.client);
    try {
      await eks.send(
        new CreateClusterCommand({
          name: this.#names.cluster,
          roleArn: `arn:aws:iam::${ACCOUNT}:role/cluster`,
          resourcesVpcConfig: { subnetIds: ["subnet-1", "subnet-2"] },
        }),
      );
      await openSearch.send(new CreateDomainCommand({ DomainName: this.#names.domain }));
    } finally {
      eks.destroy();
      openSearch.destroy();
    }
  }

  /** The charts are taken from folders: the same charts, without their repositories. */
  #writeOverrides(): void {
    const folder = join(this.aws.checkout, `config/${this.environment}.overrides`);
    mkdirSync(folder, { recursive: true });
    for (const [stack, charts] of Object.entries(CHARTS)) {
      const helm_release = Object.fromEntries(
        Object.entries(charts).map(([name, chart]) => [
          name,
          { chart: join(parts.charts, chart), repository: null },
        ]),
      );
      writeFileSync(join(folder, `${stack}.json`), JSON.stringify({ resource: { helm_release } }));
    }
  }

  /** `aws`, as far as logging in to a cluster asks for it. */
  #writeAwsCommand(): void {
    const folder = join(this.aws.folder, "bin");
    mkdirSync(folder);
    const credential = {
      kind: "ExecCredential",
      apiVersion: "client.authentication.k8s.io/v1beta1",
      spec: {},
      status: { token: this.cluster.token },
    };
    writeFileSync(join(folder, "credential.json"), JSON.stringify(credential), { mode: 0o600 });
    const script = `#!/bin/sh
case "$1 $2" in
  "eks get-token") exec cat ${JSON.stringify(join(folder, "credential.json"))} ;;
  "eks update-kubeconfig")
    while [ "$1" != "--kubeconfig" ]; do shift; done
    exec cp ${JSON.stringify(this.cluster.kubeconfig)} "$2" ;;
esac
echo "aws $*: not known here" >&2
exit 1
`;
    writeFileSync(join(folder, "aws"), script);
    chmodSync(join(folder, "aws"), 0o755);
  }

  /** Takes the protection out of a stack's synthesized folder. */
  unprotect(stack: string): void {
    const file = join(this.folderOf(stack), "cdk.tf.json");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replaceAll('"prevent_destroy": true', '"prevent_destroy": false'),
    );
  }
}
