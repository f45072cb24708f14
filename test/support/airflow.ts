import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT, type RunResult, run } from "./run.ts";

/** The Python environment with Airflow: `CALI_AIRFLOW_BIN`, relative to the checkout; default `.venv-airflow/bin`. */
const BIN = resolve(ROOT, process.env.CALI_AIRFLOW_BIN || ".venv-airflow/bin");
const SERVICE = join(ROOT, "services/airflow-dags");

const DIGEST = `sha256:${"0a".repeat(32)}`;

/** What the chart hands the DAGs in the environment. */
export const SETTINGS = {
  CALI_CONSUMER_IMAGE: `123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/cali-dev/consumer@${DIGEST}`,
  CALI_CONSUMER_NAMESPACE: "cali",
  CALI_CONSUMER_SERVICE_ACCOUNT: "consumer",
  CALI_CONSUMER_CONFIG_MAP: "consumer-config",
  CALI_CONSUMER_SECRET: "consumer-secret",
} as const;

/** How long Airflow's API server may take to come up, ms. */
const START_TIMEOUT_MS = 120_000;

/** How long a run of a DAG may take, s: ten times what it needs. */
const RUN_TIMEOUT_S = 180;

/** A program of the Python environment. @throws Error when it isn't installed */
function programOf(name: string): string {
  const program = join(BIN, name);
  if (existsSync(program)) return program;
  throw new Error(
    `${program} is missing: install services/airflow-dags/test/requirements.txt into .venv-airflow, or set CALI_AIRFLOW_BIN to another environment's bin`,
  );
}

/** Runs a program of the Python environment in the service's folder. */
export function python(program: string, args: readonly string[], env: Record<string, string> = {}) {
  return run(programOf(program), args, { cwd: SERVICE, env: { PYTHONDONTWRITEBYTECODE: "1", ...env } });
}

/**
 * A real Airflow of its own: its database in a folder, its API server for tasks, and the LocalExecutor, which runs each
 * try in a process as in the cluster.
 */
export class Airflow {
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #server: ChildProcess;

  private constructor(folder: string, env: Record<string, string>) {
    this.#folder = folder;
    this.#env = env;
    // With a group of its own, so that none of its processes is left.
    this.#server = spawn(
      programOf("airflow"),
      ["api-server", "--host", "127.0.0.1", "--port", portOf(env), "--workers", "1", "--apps", "execution"],
      { env: { ...process.env, ...env }, stdio: "ignore", detached: true },
    );
    process.once("exit", this.#kill);
  }

  /**
   * @param kubernetes URL of the API server of Kubernetes
   * @param more environment in addition to {@link SETTINGS}
   */
  static async start(kubernetes: string, more: Record<string, string>): Promise<Airflow> {
    const folder = mkdtempSync(join(tmpdir(), "cali-airflow-"));
    mkdirSync(join(folder, "home"));
    writeFileSync(join(folder, "kubeconfig.json"), kubeconfig(kubernetes));
    const env = {
      AIRFLOW_HOME: join(folder, "home"),
      AIRFLOW__CORE__DAGS_FOLDER: join(SERVICE, "dags"),
      AIRFLOW__CORE__LOAD_EXAMPLES: "False",
      AIRFLOW__CORE__EXECUTOR: "LocalExecutor",
      // It forks as many workers, 32 by default, before the first task.
      AIRFLOW__CORE__PARALLELISM: "1",
      // Several processes write to it: on a busy machine one waits longer than the default of 5 s.
      AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${join(folder, "home/airflow.db")}?timeout=120`,
      AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${await freePort()}/execution/`,
      AIRFLOW__API_AUTH__JWT_SECRET: randomBytes(64).toString("hex"),
      // The delays between tries are minutes; services/airflow-dags/test/test_daily.py checks them.
      AIRFLOW__CORE__MAX_TASK_RETRY_DELAY: "1",
      PYTHONPATH: join(SERVICE, "src"),
      PYTHONDONTWRITEBYTECODE: "1",
      KUBECONFIG: join(folder, "kubeconfig.json"),
      // No proxy of the machine between Airflow and the servers here.
      NO_PROXY: "127.0.0.1",
      no_proxy: "127.0.0.1",
      ...SETTINGS,
      ...more,
    };
    const migrated = await python("airflow", ["db", "migrate"], env);
    if (migrated.code !== 0)
      throw new Error(`airflow db migrate ended with ${migrated.code}:\n${migrated.stderr}`);
    const airflow = new Airflow(folder, env);
    await airflow.#isUp();
    return airflow;
  }

  /** Runs Airflow's command. */
  command(...args: string[]): Promise<RunResult> {
    return python("airflow", args, this.#env);
  }

  /**
   * Runs a DAG for a logical date, with all its tries. What ran for that date before is cleared. It ends with 124 when it takes
   * {@link RUN_TIMEOUT_S}: at its end the LocalExecutor now and then waits for a worker that waits for work.
   */
  runDag(dag: string, date: string): Promise<RunResult> {
    const args = ["dags", "test", "--use-executor", dag, date];
    return run("timeout", ["--kill-after=5", String(RUN_TIMEOUT_S), programOf("airflow"), ...args], {
      cwd: SERVICE,
      env: this.#env,
    });
  }

  async stop(): Promise<void> {
    const ended = this.#server.exitCode === null ? once(this.#server, "close") : undefined;
    this.#kill();
    await ended;
    process.off("exit", this.#kill);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  readonly #kill = () => {
    try {
      process.kill(-(this.#server.pid as number), "SIGKILL");
    } catch {
      // It has ended.
    }
  };

  async #isUp(): Promise<void> {
    const health = new URL("health", this.#env.AIRFLOW__CORE__EXECUTION_API_SERVER_URL);
    for (const since = performance.now(); performance.now() - since < START_TIMEOUT_MS; await sleep(200)) {
      if (this.#server.exitCode !== null) break;
      const response = await fetch(health).catch(() => undefined);
      if (response?.ok) return;
    }
    await this.stop();
    throw new Error("Airflow's API server did not come up");
  }
}

const portOf = (env: Record<string, string>) =>
  new URL(env.AIRFLOW__CORE__EXECUTION_API_SERVER_URL ?? "").port;

/** A port that nobody listens on; Airflow takes no 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const kubeconfig = (server: string) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    clusters: [{ name: "test", cluster: { server } }],
    users: [{ name: "test", user: {} }],
  });
