import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A request as it came. */
export interface DomainRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

const USER = "admin";
const PASSWORD = "Right-Password-1";

/**
 * A domain of OpenSearch: the plugins for security and index state management, answering as theirs do and keeping what is put, in
 * front of a node. Without a node it keeps index templates and aliases itself. A node that is secured has the plugin for security
 * itself: only index state management is answered here.
 */
export class OpenSearchDomain {
  readonly requests: DomainRequest[] = [];
  readonly policies = new Map<string, { policy: Record<string, unknown>; seqNo: number }>();
  readonly roles = new Map<string, Record<string, unknown>>();
  readonly mappings = new Map<string, Record<string, unknown>>();
  /** The audit log, as a domain of AWS has it at first. */
  audit: Record<string, unknown> = {
    enabled: false,
    audit: { enable_rest: true },
    compliance: { enabled: true },
  };
  readonly templates = new Map<string, Record<string, unknown>>();
  readonly aliases = new Map<string, string>();
  /** Indices by name, with the policy that manages each. */
  readonly managed = new Map<string, string | undefined>();
  /** Why an index does not get the policy that is added. */
  readonly addFailures = new Map<string, string>();
  /** Called before a request is answered: somebody else's change. */
  before: (request: DomainRequest) => void = () => {};
  /** Answers to give first, one a request; `hang`: none at all. */
  readonly failures: (Answer | "hang")[] = [];
  readonly #templatePlugins = new Map<string, unknown>();
  readonly #server: Server;
  readonly #node: string | undefined;
  readonly #secured: boolean;

  /** @param node URL of a real node that everything else goes to. */
  constructor(node?: string, { secured = false } = {}) {
    this.#node = node;
    this.#secured = secured;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  /** Requests that change something. */
  get changes(): string[] {
    return this.requests
      .filter(({ method }) => method !== "GET")
      .map(({ method, path }) => `${method} ${path}`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const method = request.method ?? "GET";
    const url = new URL(request.url ?? "/", "http://domain");
    const body = text ? JSON.parse(text) : {};
    const asked = { method, path: url.pathname, body };
    this.requests.push(asked);
    this.before(asked);
    const failure = this.failures.shift();
    if (failure === "hang") return;
    const desired = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
    const answer =
      failure ??
      (this.#secured || request.headers.authorization === desired
        ? ((await this.#plugins(method, url, body)) ??
          (await this.#core(method, url, text, body, request.headers.authorization)))
        : { status: 401, body: "Unauthorized" });
    const isText = typeof answer.body === "string";
    response.writeHead(answer.status, { "content-type": isText ? "text/plain" : "application/json" });
    response.end(isText ? answer.body : JSON.stringify(answer.body));
  }

  async #plugins(method: string, url: URL, body: Record<string, unknown>): Promise<Answer | undefined> {
    const [, kind = "", name = ""] =
      /^\/_plugins\/_security\/api\/(roles|rolesmapping)\/(\w+)$/.exec(url.pathname) ?? [];
    if (/^\/_plugins\/_security\/api\/audit(\/config)?$/.test(url.pathname) && !this.#secured) {
      if (method === "PUT") this.audit = body;
      return ok(method === "PUT" ? { status: "OK", message: "'config' updated." } : { config: this.audit });
    }
    if (kind && !this.#secured)
      return this.#security(method, kind === "roles" ? this.roles : this.mappings, name, body);
    const [, policy] = /^\/_plugins\/_ism\/policies\/([\w-]+)$/.exec(url.pathname) ?? [];
    if (policy) return this.#policy(method, policy, url, body);
    const [, action, pattern = ""] = /^\/_plugins\/_ism\/(explain|add)\/(.+)$/.exec(url.pathname) ?? [];
    if (!action) return undefined;
    const desired = decodeURIComponent(pattern).split(",");
    const found = [...this.managed].filter(([index]) =>
      desired.some((one) => (one.endsWith("*") ? index.startsWith(one.slice(0, -1)) : index === one)),
    );
    if (action === "add") return this.#addPolicy(found, String(body.policy_id));
    const explained = found.map(([index, id]) => [
      index,
      { "index.plugins.index_state_management.policy_id": id ?? null, index, enabled: id ? true : null },
    ]);
    return ok({
      ...Object.fromEntries(explained),
      total_managed_indices: found.filter(([, id]) => id).length,
    });
  }

  /** What fails is answered with 200. */
  #addPolicy(found: readonly (readonly [string, string | undefined])[], policy: string): Answer {
    const failed = found.flatMap(([index, its]) => {
      const reason =
        this.addFailures.get(index) ??
        (its && "This index already has a policy, use the update policy API to update index policies");
      if (!reason) this.managed.set(index, policy);
      return reason ? [{ index_name: index, index_uuid: `uuid-of-${index}`, reason }] : [];
    });
    return ok({
      updated_indices: found.length - failed.length,
      failures: failed.length > 0,
      failed_indices: failed,
    });
  }

  #security(
    method: string,
    kept: Map<string, Record<string, unknown>>,
    name: string,
    body: Record<string, unknown>,
  ): Answer {
    const known = kept.get(name);
    if (method === "GET") {
      if (!known)
        return { status: 404, body: { status: "NOT_FOUND", message: `Resource '${name}' not found.` } };
      return ok({
        [name]: { reserved: false, hidden: false, static: false, and_backend_roles: [], ...known },
      });
    }
    kept.set(name, body);
    const message = `'${name}' ${known ? "updated" : "created"}.`;
    return { status: known ? 200 : 201, body: { status: known ? "OK" : "CREATED", message } };
  }

  #policy(method: string, name: string, url: URL, body: Record<string, unknown>): Answer {
    const known = this.policies.get(name);
    if (method === "GET") {
      if (!known) return { status: 404, body: { error: { reason: "Policy not found" }, status: 404 } };
      const policy = { policy_id: name, schema_version: 21, error_notification: null, ...known.policy };
      return ok({ _id: name, _version: 1, _seq_no: known.seqNo, _primary_term: 1, policy });
    }
    const given = url.searchParams.get("if_seq_no");
    if (known ? Number(given) !== known.seqNo || given === null : given !== null) {
      return { status: 409, body: { error: { reason: "version conflict, required seqNo" }, status: 409 } };
    }
    const seqNo = (known?.seqNo ?? -1) + 1;
    this.policies.set(name, { policy: body.policy as Record<string, unknown>, seqNo });
    return { status: known ? 200 : 201, body: { _id: name, _seq_no: seqNo, _primary_term: 1 } };
  }

  /** The plugin's own settings of an index template stay with it: the node alone doesn't know them. */
  async #forward(
    node: string,
    method: string,
    url: URL,
    text: string,
    body: { template?: { settings?: { index?: { plugins?: unknown } } } },
    authorization = "",
  ): Promise<Answer> {
    const index = body.template?.settings?.index;
    if (index?.plugins) {
      this.#templatePlugins.set(url.pathname, index.plugins);
      delete index.plugins;
    }
    const answer = await fetch(`${node}${url.pathname}${url.search}`, {
      method,
      ...(text && { body: JSON.stringify(body) }),
      headers: {
        ...(text && { "content-type": "application/json" }),
        ...(this.#secured && { authorization }),
      },
    });
    const said = (await answer.json()) as { index_templates?: { index_template: typeof body }[] };
    const settings = said.index_templates?.[0]?.index_template.template?.settings?.index;
    if (settings) settings.plugins = this.#templatePlugins.get(url.pathname);
    return { status: answer.status, body: said };
  }

  async #core(
    method: string,
    url: URL,
    text: string,
    body: Record<string, unknown>,
    authorization?: string,
  ): Promise<Answer> {
    if (this.#node) return this.#forward(this.#node, method, url, text, body, authorization);
    const [, template] = /^\/_index_template\/([\w-]+)$/.exec(url.pathname) ?? [];
    if (template && method === "PUT") {
      this.templates.set(template, body);
      return ok({ acknowledged: true });
    }
    if (template) {
      const known = this.templates.get(template);
      if (!known)
        return {
          status: 404,
          body: { error: { reason: `index template matching [${template}] not found` } },
        };
      return ok({ index_templates: [{ name: template, index_template: { composed_of: [], ...known } }] });
    }
    const [, alias] = /^\/_alias\/([\w-]+)$/.exec(url.pathname) ?? [];
    if (alias && this.aliases.has(alias))
      return ok({ [String(this.aliases.get(alias))]: { aliases: { [alias]: {} } } });
    if (method === "PUT") {
      const index = url.pathname.slice(1);
      this.managed.set(index, undefined);
      for (const name of Object.keys((body.aliases as object) ?? {})) this.aliases.set(name, index);
      return ok({ acknowledged: true, index });
    }
    const index = url.pathname.split("/")[1] ?? "";
    if (this.managed.has(index)) return ok({ [index]: { settings: {} } });
    return { status: 404, body: { error: { reason: `no such thing [${url.pathname}]` }, status: 404 } };
  }
}

const ok = (body: unknown): Answer => ({ status: 200, body });
/** What the domain's master user logs in with. */
export const MASTER = { kind: "password", user: USER, password: PASSWORD } as const;
