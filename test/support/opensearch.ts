import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PYTHON_BIN } from "./moto.ts";
import { ROOT } from "./run.ts";

/** Written by `.ci/run`, with Maven. */
const CLASSPATH = join(PYTHON_BIN, "../opensearch.classpath");
const START_TIMEOUT_MS = 120_000;
const KEPT_CHARACTERS = 4_000;

/** A real OpenSearch node, without plugins for security and index management. */
export interface OpenSearchNode {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Ends it; what it kept is gone. */
  stop(): Promise<void>;
}

/** Starts a node with nothing in it. */
export async function startOpenSearch(): Promise<OpenSearchNode> {
  if (!existsSync(CLASSPATH)) {
    throw new Error(
      `${CLASSPATH} is missing: mvn -q -f test/support/opensearch/pom.xml dependency:build-classpath -Dmdep.outputFile=${CLASSPATH}`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "cali-opensearch-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const node = spawn(
    "java",
    [
      "-Xmx512m",
      "-cp",
      readFileSync(CLASSPATH, "utf8").trim(),
      "Node.java",
      join(folder, "data"),
      String(port),
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
    const answers = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=5s`)
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

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
