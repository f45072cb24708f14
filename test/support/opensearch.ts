import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PYTHON_BIN } from "./moto.ts";
import { ROOT } from "./run.ts";

/** Written by `.ci/run`, with Maven. */
const CLASSPATH = join(PYTHON_BIN, "../opensearch.classpath");
/** The security plugin, unpacked; by `.ci/run`, too. */
const SECURITY = join(PYTHON_BIN, "../opensearch-security");
/** The master user of the plugin's own example. */
export const ADMIN = { kind: "password", user: "admin", password: "admin" } as const;
const START_TIMEOUT_MS = 540_000;
const KEPT_CHARACTERS = 4_000;

/** A real OpenSearch node, without the plugin for index management. */
export interface OpenSearchNode {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Ends it; what it kept is gone. */
  stop(): Promise<void>;
}

/** Starts a node with nothing in it; `secured`: with the security plugin, and `ADMIN` as the only one who may do something. */
export async function startOpenSearch({ secured = false } = {}): Promise<OpenSearchNode> {
  if (!existsSync(CLASSPATH)) {
    throw new Error(
      `${CLASSPATH} is missing: mvn -q -f test/support/opensearch/pom.xml dependency:build-classpath -Dmdep.outputFile=${CLASSPATH}`,
    );
  }
  if (secured && !existsSync(SECURITY)) {
    throw new Error(
      `${SECURITY} is missing: mvn -q -f test/support/opensearch/pom.xml dependency:unpack -Dartifact=org.opensearch.plugin:opensearch-security:2.19.1.0:zip -DoutputDirectory=${SECURITY}`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "cali-opensearch-"));
  if (secured) secure(join(folder, "data/node_1/config"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const node = spawn(
    "java",
    [
      "-Xmx512m",
      // It runs for seconds: optimizing costs more than it saves.
      "-XX:TieredStopAtLevel=1",
      "-cp",
      readFileSync(CLASSPATH, "utf8").trim() + (secured ? `:${join(SECURITY, "*")}` : ""),
      "Node.java",
      join(folder, "data"),
      String(port),
      ...(secured ? ["secured"] : []),
    ],
    { cwd: join(ROOT, "test/support/opensearch"), stdio: ["pipe", "pipe", "pipe"] },
  );
  let said = "";
  const keep = (chunk: Buffer) => {
    said = (said + chunk).slice(-KEPT_CHARACTERS);
  };
  node.stdout.on("data", keep);
  node.stderr.on("data", keep);
  const kill = () => node.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<void>((done) => node.once("close", () => done()));
  const stop = async () => {
    // It runs until its standard input ends.
    node.stdin.end();
    const impatient = setTimeout(kill, 15_000);
    await ended;
    clearTimeout(impatient);
    process.off("exit", kill);
    rmSync(folder, { recursive: true, force: true });
  };
  for (const until = performance.now() + START_TIMEOUT_MS; ; ) {
    const answers = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=5s`, {
      headers: secured ? { authorization: basic(ADMIN) } : {},
    })
      .then(({ ok }) => ok)
      .catch(() => false);
    if (answers) return { url, stop };
    if (performance.now() > until || node.exitCode !== null) {
      await stop();
      throw new Error(`OpenSearch did not start:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The header that says who asks. */
export const basic = ({ user, password }: { user: string; password: string }) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

/** The plugin's example of roles and users, and a certificate of its own for the node. */
function secure(config: string): void {
  mkdirSync(config, { recursive: true });
  cpSync(join(SECURITY, "config"), join(config, "opensearch-security"), { recursive: true });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "node.key"];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", "node.pem", "-subj", "/CN=node", "-days", "2"], {
    cwd: config,
    stdio: "pipe",
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
