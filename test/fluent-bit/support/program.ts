import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../support/run.ts";
import type { PodLookup } from "./chain.ts";
import { readFluentBitValues } from "./config.ts";

/** A Kinesis that takes records, or refuses every one, over TLS; and an API server that knows pods. */
export class Neighbours {
  readonly payloads: string[] = [];
  /** Share of the records that are refused, as a stream does whose throughput is used up; 1: every one. */
  refusal = 0;
  /** Takes no call at all, as a stream that is away. */
  isAway = false;
  refused = 0;
  readonly #servers: { close(): void }[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), "cali-fluent-bit-"));
  kinesisPort = 0;
  apiPort = 0;

  async start(lookup: PodLookup): Promise<this> {
    for (const name of ["pods", "state", "scripts"]) mkdirSync(join(this.folder, name));
    const [key, cert] = [join(this.folder, "key.pem"), join(this.folder, "cert.pem")];
    const made = await run("openssl", [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ],
      ...["-keyout", key, "-out", cert, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ]);
    if (made.code !== 0) throw new Error(`openssl: ${made.stderr}`);
    const tls = { key: readFileSync(key), cert: readFileSync(cert) };
    const kinesis = createTlsServer(tls, (request, response) => void this.#kinesis(request, response));
    const api = createServer((request, response) => this.#api(request, response, lookup));
    this.#servers.push(kinesis, api);
    this.kinesisPort = await listen(kinesis);
    this.apiPort = await listen(api);
    return this;
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }

  async #kinesis(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { Records } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { Records: { Data: string }[] };
    if (this.isAway) {
      this.refused += Records.length;
      response.destroy();
      return;
    }
    let failed = 0;
    const results = Records.map(({ Data }) => {
      if (Math.random() < this.refusal) {
        failed += 1;
        return { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "slow down" };
      }
      this.payloads.push(Buffer.from(Data, "base64").toString("utf8"));
      return { SequenceNumber: "1", ShardId: "shardId-000000000000" };
    });
    this.refused += failed;
    answer(response, { FailedRecordCount: failed, Records: results });
  }

  #api(request: IncomingMessage, response: ServerResponse, lookup: PodLookup): void {
    const [, namespace, name = ""] =
      /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/?]+)/.exec(request.url ?? "") ?? [];
    const pod = lookup(name);
    if (!pod) {
      answer(response, { kind: "Status", status: "Failure" }, 503);
      return;
    }
    answer(response, {
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name, namespace, uid: "5b1c3a52-0000-4000-8000-000000000000", ...pod },
      spec: { nodeName: "node-1", containers: [] },
    });
  }
}

const listen = (server: ReturnType<typeof createServer> | ReturnType<typeof createTlsServer>) =>
  new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );

function answer(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Fluent Bit itself, with the values file's configuration: only its places are others. */
export function startFluentBit(binary: string, around: Neighbours) {
  const { folder } = around;
  const values = readFluentBitValues({
    CALI_ENVIRONMENT: "dev",
    CALI_STREAM: "cali-dev-logs-stream",
    AWS_REGION: "ap-northeast-2",
  });
  const pods = join(folder, "pods");
  const moved = (text: string) =>
    text
      .replaceAll("/var/log/pods", pods)
      .replaceAll("kube.var.log.pods.", `kube.${pods.slice(1).replaceAll("/", ".")}.`)
      .replaceAll("/var/lib/cali-fluent-bit", join(folder, "state"))
      .replaceAll("/fluent-bit/scripts", join(folder, "scripts"))
      .replaceAll("/fluent-bit/etc/conf", folder)
      .replace("http_server: on", "http_server: off")
      .replace(
        /^( +)- name: kubernetes$/m,
        `$&\n$1  kube_url: http://127.0.0.1:${around.apiPort}\n$1  kube_token_file: ${join(folder, "token")}`,
      )
      .replace(
        /^( +)- name: kinesis_streams$/m,
        `$&\n$1  endpoint: localhost\n$1  port: ${around.kinesisPort}\n$1  tls.ca_file: ${join(folder, "cert.pem")}`,
      );
  writeFileSync(join(folder, "token"), "token");
  writeFileSync(join(folder, "custom_parsers.conf"), moved(values.files.parsers));
  writeFileSync(join(folder, "fluent-bit.yaml"), moved(values.files.main));
  for (const [name, script] of Object.entries(values.luaScripts)) {
    writeFileSync(join(folder, "scripts", name), moved(script));
  }
  const child = spawn(binary, ["-c", join(folder, "fluent-bit.yaml")], {
    env: { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    log += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    log: () => log,
    /** Resolves when the program is gone. */
    stop: (signal: "SIGTERM" | "SIGKILL") => {
      child.kill(signal);
      return ended;
    },
  };
}
