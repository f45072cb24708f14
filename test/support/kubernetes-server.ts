import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hasLabels } from "./kubernetes-labels.ts";

/** A pod's manifest, as far as this server looks at it. */
export interface PodManifest {
  readonly metadata: {
    readonly name: string;
    labels: Record<string, string>;
    readonly [key: string]: unknown;
  };
  readonly spec: {
    readonly containers: readonly {
      readonly name: string;
      readonly image: string;
      readonly args?: readonly string[];
      readonly terminationMessagePolicy?: string;
      readonly envFrom?: readonly {
        readonly configMapRef?: { readonly name: string };
        readonly secretRef?: { readonly name: string };
      }[];
    }[];
    readonly [key: string]: unknown;
  };
}

interface Pod {
  readonly manifest: PodManifest;
  readonly started: string;
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  output: string;
  exitCode: number | undefined;
}

export interface KubernetesOptions {
  readonly namespace: string;
  /** The program that stands for the container's entrypoint, and its first arguments. */
  readonly entrypoint: readonly [string, ...string[]];
  /** ConfigMaps and Secrets by name, each as the environment it gives. */
  readonly configMaps: Record<string, Record<string, string>>;
  readonly secrets: Record<string, Record<string, string>>;
}

/** Lines of a failed container that become its termination message with `FallbackToLogsOnError`, at most. */
const MESSAGE_LINES = 80;
const MESSAGE_BYTES = 2_048;

/**
 * As much of Kubernetes' API as a pod operator needs, for one namespace. A pod that is created runs: as a process of
 * this machine, with the container's arguments and with nothing of the environment but what its `envFrom` names.
 */
export class KubernetesServer {
  /** Every manifest that was created, in order. */
  readonly created: PodManifest[] = [];
  /** What was asked for, such as `create pods` and `get pods/log`. */
  readonly verbs = new Set<string>();
  /** Requests that this server doesn't know. */
  readonly unknown: string[] = [];
  readonly #options: KubernetesOptions;
  readonly #pods = new Map<string, Pod>();
  readonly #server: Server;

  constructor(options: KubernetesOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        send(response, 500, { kind: "Status", status: "Failure", message: String(error) });
      });
    });
  }

  /** Pods that were not deleted. */
  get names(): string[] {
    return [...this.#pods.keys()];
  }

  /** Resolves to the server's URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends the server and what runs. */
  async close(): Promise<void> {
    for (const { process: child, ended } of this.#pods.values()) {
      child.kill("SIGKILL");
      await ended;
    }
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://kubernetes");
    const [, resource = "", name, part] =
      new RegExp(
        `^/api/v1/namespaces/${this.#options.namespace}/(pods|events)(?:/([^/]+))?(?:/(log))?$`,
      ).exec(pathname) ?? [];
    const verb = verbOf(request.method ?? "", name !== undefined);
    const what = `${verb} ${part ? `${resource}/${part}` : resource}`;
    this.verbs.add(what);
    const pod = this.#pods.get(name ?? "");
    if (what === "list events") return send(response, 200, { kind: "EventList", metadata: {}, items: [] });
    if (what === "create pods") return send(response, 201, this.#create(JSON.parse(await bodyOf(request))));
    if (what === "list pods") {
      const selector = searchParams.get("labelSelector") ?? "";
      const items = [...this.#pods.values()].filter(({ manifest }) =>
        hasLabels(manifest.metadata.labels, selector),
      );
      return send(response, 200, { kind: "PodList", metadata: {}, items: items.map(viewOf) });
    }
    if (resource === "pods" && !pod)
      return send(response, 404, { kind: "Status", code: 404, reason: "NotFound" });
    if (pod && what === "get pods") return send(response, 200, viewOf(pod));
    if (pod && what === "get pods/log") {
      // `follow`: until the container ends.
      await pod.ended;
      response.writeHead(200, { "content-type": "text/plain" });
      const lines = pod.output.split("\n").filter((line) => line !== "");
      response.end(lines.map((line) => `${pod.started} ${line}\n`).join(""));
      return;
    }
    if (pod && what === "patch pods") {
      const { metadata } = JSON.parse(await bodyOf(request)) as Partial<PodManifest>;
      Object.assign(pod.manifest.metadata.labels, metadata?.labels);
      return send(response, 200, viewOf(pod));
    }
    if (pod && what === "delete pods") {
      pod.process.kill("SIGTERM");
      this.#pods.delete(pod.manifest.metadata.name);
      return send(response, 200, viewOf(pod));
    }
    this.unknown.push(`${request.method} ${request.url}`);
    send(response, 404, { kind: "Status", code: 404 });
  }

  #create(manifest: PodManifest): unknown {
    this.created.push(structuredClone(manifest));
    const [container] = manifest.spec.containers;
    const [program, ...first] = this.#options.entrypoint;
    const environment = (container?.envFrom ?? []).map(({ configMapRef, secretRef }) =>
      secretRef ? this.#options.secrets[secretRef.name] : this.#options.configMaps[configMapRef?.name ?? ""],
    );
    if (environment.includes(undefined)) throw new Error("CreateContainerConfigError: no such object");
    const child = spawn(program, [...first, ...(container?.args ?? [])], {
      env: Object.assign({ PATH: process.env.PATH }, ...environment),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const pod: Pod = {
      manifest,
      started: new Date().toISOString(),
      process: child,
      ended: once(child, "close").then(([code]) => {
        pod.exitCode = (code as number | null) ?? 137;
      }),
      output: "",
      exitCode: undefined,
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        pod.output += text;
      });
    }
    this.#pods.set(manifest.metadata.name, pod);
    return viewOf(pod);
  }
}

function viewOf({ manifest, started, exitCode, output }: Pod): unknown {
  const [container] = manifest.spec.containers;
  const phase = exitCode === undefined ? "Running" : exitCode === 0 ? "Succeeded" : "Failed";
  const falls = exitCode !== 0 && container?.terminationMessagePolicy === "FallbackToLogsOnError";
  const terminated = {
    exitCode,
    reason: exitCode === 0 ? "Completed" : "Error",
    startedAt: started,
    finishedAt: started,
    ...(falls && {
      message: output.trimEnd().split("\n").slice(-MESSAGE_LINES).join("\n").slice(-MESSAGE_BYTES),
    }),
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    ...manifest,
    metadata: {
      ...manifest.metadata,
      creationTimestamp: started,
      uid: manifest.metadata.name,
      resourceVersion: "1",
    },
    status: {
      phase,
      startTime: started,
      conditions: [{ type: "PodScheduled", status: "True" }],
      containerStatuses: [
        {
          name: container?.name,
          image: container?.image,
          imageID: container?.image,
          ready: phase === "Running",
          restartCount: 0,
          state: phase === "Running" ? { running: { startedAt: started } } : { terminated },
        },
      ],
    },
  };
}

function verbOf(method: string, hasName: boolean): string {
  if (method === "GET") return hasName ? "get" : "list";
  return { POST: "create", PATCH: "patch", DELETE: "delete" }[method] ?? method;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
