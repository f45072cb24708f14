import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PRICES_FOLDER } from "../../delivery/core/cost/price-table.ts";
import { OFFERS, offerFile, PriceListServer } from "../support/price-list-server.ts";
import { runCali } from "../support/run.ts";

/** The part of GitHub's API that keeps files and pull requests (https://docs.github.com/en/rest/git, …/rest/pulls). */
class GithubOfFiles {
  readonly files: Map<string, string>;
  readonly trees: Record<string, string>[] = [];
  readonly refs = new Map([["heads/main", "main-sha"]]);
  readonly pulls: { number: number; body: string; title: string; head: string; base: string }[] = [];
  readonly #server: Server;

  constructor(files: Map<string, string>) {
    this.files = files;
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const { status, body } = this.#answer(`${request.method} ${request.url}`, text ? JSON.parse(text) : {});
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      GITHUB_API_URL: `http://127.0.0.1:${port}`,
      GITHUB_TOKEN: "ghs_prices",
      GITHUB_REPOSITORY: "acme/cali",
    };
  }

  // biome-ignore lint/suspicious/noExplicitAny: bodies are whatever a client sends.
  #answer(asked: string, body: any): { status: number; body: unknown } {
    const [, method, escaped = ""] = /^(\w+) \/repos\/acme\/cali\/?([^?]*)/.exec(asked) ?? [];
    const path = decodeURIComponent(escaped);
    const is = (desired: string, pattern: RegExp) => method === desired && pattern.test(path);
    if (is("GET", /^$/)) return { status: 200, body: { default_branch: "main" } };
    if (is("GET", /^contents\//)) {
      const content = this.files.get(path.slice("contents/".length));
      if (content === undefined) return { status: 404, body: { message: "Not Found" } };
      return {
        status: 200,
        body: { type: "file", sha: "s", content: Buffer.from(content).toString("base64") },
      };
    }
    if (is("GET", /^git\/ref\//)) return { status: 200, body: { object: { sha: "main-sha" } } };
    if (is("POST", /^git\/trees$/)) {
      this.trees.push(
        Object.fromEntries(
          body.tree.map((one: { path: string; content: string }) => [one.path, one.content]),
        ),
      );
      return { status: 201, body: { sha: `tree-${this.trees.length}` } };
    }
    if (is("POST", /^git\/commits$/)) return { status: 201, body: { sha: `commit-of-${body.tree}` } };
    if (is("POST", /^git\/refs$/)) {
      const name = body.ref.replace(/^refs\//, "");
      if (this.refs.has(name)) return { status: 422, body: { message: "Reference already exists" } };
      this.refs.set(name, body.sha);
      return { status: 201, body: {} };
    }
    if (is("PATCH", /^git\/refs\//)) {
      this.refs.set(path.replace(/^git\/refs\//, ""), body.sha);
      return { status: 200, body: {} };
    }
    if (is("GET", /^pulls$/)) return { status: 200, body: this.pulls };
    if (is("POST", /^pulls$/)) {
      this.pulls.push({ number: 7, ...body });
      return { status: 201, body: { html_url: "https://github.com/acme/cali/pull/7" } };
    }
    if (is("PATCH", /^pulls\/7$/)) {
      Object.assign(this.pulls[0] ?? {}, body);
      return { status: 200, body: { html_url: "https://github.com/acme/cali/pull/7" } };
    }
    return { status: 404, body: { message: `Not Found: ${asked}` } };
  }
}

const PATH = "delivery/core/cost/prices/ap-northeast-2.yaml";
let list: PriceListServer;
let github: GithubOfFiles;
let folder: string;

beforeEach(async () => {
  list = new PriceListServer();
  await list.listen();
  for (const [service, offers] of Object.entries(OFFERS)) list.files.set(service, offerFile(service, offers));
  github = new GithubOfFiles(
    new Map([[PATH, readFileSync(join(PRICES_FOLDER, "ap-northeast-2.yaml"), "utf8")]]),
  );
  await github.listen();
  folder = mkdtempSync(join(tmpdir(), "cali-prices-"));
  cpSync(PRICES_FOLDER, folder, { recursive: true });
});
afterEach(async () => {
  await list.close();
  await github.close();
  rmSync(folder, { recursive: true, force: true });
});

const refresh = (...more: string[]) =>
  runCali(
    [
      "cost",
      "--refresh",
      "--region",
      "ap-northeast-2",
      "--price-list",
      list.url,
      "--tables",
      folder,
      ...more,
    ],
    { env: github.environment },
  );

describe("cali cost --refresh", () => {
  it("opens one pull request with what changed, updates it, and none when nothing differs", async () => {
    const first = await refresh("--pull-request");
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toContain(
      "- `kinesis.shard: unknown → 0.019 USD per hour (AmazonKinesis of 2026-11-20)`",
    );
    expect(first.stdout).toContain("The pull request is opened: https://github.com/acme/cali/pull/7");
    const text = readFileSync(join(folder, "ap-northeast-2.yaml"), "utf8");
    expect(github.trees).toEqual([{ [PATH]: text }]);
    expect(github.refs.get("heads/cali/prices")).toBe("commit-of-tree-1");
    expect(github.pulls[0]).toMatchObject({ head: "cali/prices", base: "main" });
    expect(github.pulls[0]?.body).toContain("kinesis.shard: unknown → 0.019");

    const second = await refresh("--pull-request");
    expect(second.stdout).toContain("The pull request is updated: https://github.com/acme/cali/pull/7");
    expect(github.pulls).toHaveLength(1);
    expect(github.refs.get("heads/cali/prices")).toBe("commit-of-tree-2");

    github.files.set(PATH, text);
    const third = await refresh("--pull-request");
    expect(third.stdout).toContain("no pull request is needed");
    expect(first.stdout + first.stderr + second.stdout + third.stdout).not.toContain("ghs_prices");
  });

  it("says what it was asked and what it got, and writes nothing", async () => {
    list.files.delete("AmazonKinesis");
    const { code, stdout, stderr } = await refresh();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(
      `${list.url}/offers/v1.0/aws/AmazonKinesis/current/ap-northeast-2/index.json: given HTTP 404; allowed: 200 with a price list`,
    );
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(readFileSync(join(folder, "ap-northeast-2.yaml"), "utf8")).toBe(github.files.get(PATH));
    const unknown = await runCali(["cost", "--refresh", "--region", "mars-1"]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("--region: given mars-1; allowed: ap-northeast-2, us-east-1");
  });
});
