import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Overrides } from "../../../config/overrides.ts";
import type { Config } from "../../../config/schema.ts";
import { ClusterError } from "../errors.ts";
import { actualNames } from "../names.ts";

/** Longest time that a command of `aws`, `kubectl` may take, ms. */
const TIMEOUT_MS = 30_000;
/** Longest time of a `helm uninstall`, which waits until all is gone, ms. */
const UNINSTALL_TIMEOUT_MS = 600_000;

export interface ClusterName {
  /** As EKS knows it. */
  readonly cluster: string;
  readonly region: string;
}

/** The cluster of an environment. @param overrides of its stacks: they may name it */
export function clusterOf(config: Config, overrides: Overrides): ClusterName {
  return { cluster: actualNames(config, overrides).cluster, region: config.region };
}

/** The cluster, by the commands that the runners have: `aws`, `kubectl` and `helm`. */
export class Kubectl {
  readonly #kubeconfig: string;

  private constructor(kubeconfig: string) {
    this.#kubeconfig = kubeconfig;
  }

  /**
   * Works inside the cluster as whoever this process is in AWS. The login lies in a folder of its own until then.
   *
   * @throws ClusterError when the cluster isn't there, or doesn't let in
   */
  static async in<T>({ cluster, region }: ClusterName, work: (kubectl: Kubectl) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), "cali-cluster-"));
    try {
      const kubeconfig = join(folder, "kubeconfig");
      const login = [
        "eks",
        "update-kubeconfig",
        "--name",
        cluster,
        "--region",
        region,
        "--kubeconfig",
        kubeconfig,
      ];
      await run("aws", login, {}, TIMEOUT_MS);
      return await work(new Kubectl(kubeconfig));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** What kubectl prints. @throws ClusterError */
  kubectl(args: readonly string[]): Promise<string> {
    return run("kubectl", args, { KUBECONFIG: this.#kubeconfig }, TIMEOUT_MS);
  }

  /** @throws ClusterError */
  async helm(args: readonly string[]): Promise<void> {
    await run("helm", args, { KUBECONFIG: this.#kubeconfig }, UNINSTALL_TIMEOUT_MS);
  }
}

async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  timeout: number,
): Promise<string> {
  const { exitCode, stdout, stderr, code, timedOut } = await execa(command, args, {
    env,
    reject: false,
    stdin: "ignore",
    timeout,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (exitCode === 0) return stdout;
  if (code === "ENOENT") {
    throw new ClusterError(`${command} is not on the PATH\nRemedy: install ${command}, and run again.`);
  }
  const said = timedOut
    ? `no answer within ${timeout / 1_000} s`
    : stderr.trim().split("\n").slice(-3).join("\n");
  throw new ClusterError(
    `${command} ${args.slice(0, 2).join(" ")}: ${said}\nRemedy: look whether the cluster is there and lets this AWS identity in.`,
  );
}
