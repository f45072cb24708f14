import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../support/run.ts";
import { PATH, parts } from "./parts.ts";

const START_MS = 120_000;

/** A Kubernetes API server with its controllers and scheduler, and no nodes. */
export class ControlPlane {
  readonly folder = mkdtempSync(join(tmpdir(), "cali-control-plane-"));
  readonly kubeconfig = join(this.folder, "kubeconfig");
  /** Of the API server, such as `https://127.0.0.1:6443`. */
  endpoint = "";
  /** What its certificate is checked with: PEM, in Base64. */
  certificateAuthority = "";
  /** Of a service account that may do everything. */
  token = "";
  /** The API without a login, such as `http://127.0.0.1:8001`. */
  url = "";
  readonly #programs: ChildProcess[] = [];

  /** @throws Error when something of it isn't up within two minutes, with what it said. */
  static async start(): Promise<ControlPlane> {
    const made = new ControlPlane();
    try {
      if (parts.kubeconfig) writeFileSync(made.kubeconfig, readFileSync(parts.kubeconfig), { mode: 0o600 });
      else await made.#startServers();
      await made.#makeLogin();
      await made.#startProxy();
      return made;
    } catch (error) {
      await made.stop();
      throw error;
    }
  }

  /** What kubectl prints. @throws Error */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run("kubectl", args, {
      env: { KUBECONFIG: this.kubeconfig, PATH },
    });
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  async stop(): Promise<void> {
    for (const child of this.#programs.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "close");
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #startServers(): Promise<void> {
    const at = (name: string) => join(this.folder, name);
    const [client, peer, secure, controllers, scheduler] = await freePorts(5);
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(at("accounts.key"), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    writeFileSync(at("accounts.pub"), publicKey.export({ type: "spki", format: "pem" }));
    const token = randomBytes(16).toString("hex");
    writeFileSync(at("tokens.csv"), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
    this.endpoint = `https://127.0.0.1:${secure}`;
    this.#spawn("etcd", [
      `--data-dir=${at("etcd")}`,
      "--unsafe-no-fsync",
      ...[
        `--listen-client-urls=http://127.0.0.1:${client}`,
        `--advertise-client-urls=http://127.0.0.1:${client}`,
      ],
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
    ]);
    this.#spawn("kube-apiserver", [
      `--etcd-servers=http://127.0.0.1:${client}`,
      ...["--bind-address=127.0.0.1", `--secure-port=${secure}`],
      // Of no machine: a loopback address is refused here, and nobody uses this one.
      ...["--advertise-address=192.0.2.1", "--endpoint-reconciler-type=none"],
      // It makes a certificate of its own.
      `--cert-dir=${at("certificates")}`,
      ...[`--token-auth-file=${at("tokens.csv")}`, "--authorization-mode=Node,RBAC"],
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${at("accounts.pub")}`,
      `--service-account-signing-key-file=${at("accounts.key")}`,
      ...["--service-cluster-ip-range=10.100.0.0/16", "--allow-privileged=true"],
      "--enable-aggregator-routing=true",
    ]);
    await this.#until("the API server", async () => {
      const certificate = at("certificates/apiserver.crt");
      this.certificateAuthority = readFileSync(certificate).toString("base64");
      writeFileSync(this.kubeconfig, kubeconfigOf(this.endpoint, this.certificateAuthority, token), {
        mode: 0o600,
      });
      return (await this.kubectl("get", "--raw", "/readyz")) === "ok";
    });
    const common = [`--kubeconfig=${this.kubeconfig}`, "--leader-elect=false", "--bind-address=127.0.0.1"];
    this.#spawn("kube-controller-manager", [
      ...common,
      `--secure-port=${controllers}`,
      `--cert-dir=${at("certificates")}`,
      `--service-account-private-key-file=${at("accounts.key")}`,
      `--root-ca-file=${at("certificates/apiserver.crt")}`,
      "--use-service-account-credentials=true",
    ]);
    this.#spawn("kube-scheduler", [
      ...common,
      `--secure-port=${scheduler}`,
      `--cert-dir=${at("certificates")}`,
    ]);
  }

  /** A service account as the login of everything else, as `aws eks get-token` would print a token. */
  async #makeLogin(): Promise<void> {
    const account = ["serviceaccount", "cali-deploy", "--namespace", "kube-system"];
    const cluster = JSON.parse(
      await this.kubectl("config", "view", "--raw", "--minify", "--flatten", "--output", "json"),
    ).clusters[0].cluster as { server: string; "certificate-authority-data": string };
    this.endpoint = cluster.server;
    this.certificateAuthority = cluster["certificate-authority-data"];
    await this.#until("the service accounts", async () => {
      await this.kubectl("get", "serviceaccount", "default", "--namespace", "default");
      return true;
    });
    // What is left of a run before.
    await this.kubectl("delete", "clusterrolebinding", "cali-deploy", "--ignore-not-found");
    await this.kubectl("delete", ...account, "--ignore-not-found");
    await this.kubectl("create", ...account);
    await this.kubectl(
      ...["create", "clusterrolebinding", "cali-deploy", "--clusterrole=cluster-admin"],
      "--serviceaccount=kube-system:cali-deploy",
    );
    const token = ["create", "token", "cali-deploy", "--namespace", "kube-system", "--duration=8h"];
    this.token = (await this.kubectl(...token)).trim();
  }

  async #startProxy(): Promise<void> {
    const proxy = spawn("kubectl", ["proxy", "--port=0", "--reject-methods=^$"], {
      env: { ...process.env, KUBECONFIG: this.kubeconfig, PATH },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#programs.push(proxy);
    for await (const line of createInterface({ input: proxy.stdout })) {
      const [address] = /127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (address) {
        this.url = `http://${address}`;
        return;
      }
    }
    throw new Error("kubectl proxy ended");
  }

  #spawn(name: string, args: readonly string[]): void {
    const log = openSync(join(this.folder, `${name}.log`), "w");
    this.#programs.push(
      spawn(join(parts.controlPlane, name), [...args], { stdio: ["ignore", log, log], cwd: this.folder }),
    );
    closeSync(log);
  }

  /** Asks again until it is so; an error is a no. */
  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + START_MS;
    let why: unknown;
    while (performance.now() < end) {
      try {
        if (await isSo()) return;
      } catch (error) {
        why = error;
      }
      const dead = this.#programs.find(({ exitCode }) => exitCode !== null);
      if (dead)
        why = new Error(`${dead.spawnfile} ended with ${dead.exitCode}: ${this.#logOf(dead.spawnfile)}`);
      if (dead) break;
      await sleep(500);
    }
    throw new Error(`${what}: not there within ${START_MS / 1_000} s`, { cause: why });
  }

  #logOf(path: string): string {
    const log = readFileSync(join(this.folder, `${path.split("/").at(-1)}.log`), "utf8");
    return log.slice(-2_000);
  }
}

const kubeconfigOf = (server: string, authority: string, token: string) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "cluster", cluster: { server, "certificate-authority-data": authority } }],
    users: [{ name: "user", user: { token } }],
    contexts: [{ name: "context", context: { cluster: "cluster", user: "user" } }],
    "current-context": "context",
  });

/** Ports of 127.0.0.1 that nothing listens on. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
