import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";

interface Fault {
  method: string;
  /** 0: no answer at all; `cut`: the answer's body ends in the middle. */
  status: number | "cut";
  code: string;
  left: number;
}

const xml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** An S3 of one bucket for tests: the calls that the object store needs, over real HTTP, and what can go wrong. */
export class S3Server {
  readonly bucket = "objects";
  readonly objects = new Map<string, { body: Buffer; headers: IncomingMessage["headers"] }>();
  readonly requests: string[] = [];
  /** Keys in one page of a list. */
  pageSize = 3;
  readonly #server: Server;
  readonly #faults: Fault[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => this.#answer(request, Buffer.concat(chunks), response));
    });
  }

  /** Resolves to the endpoint. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next `times` requests of a method fail. */
  fail(method: string, status: Fault["status"], code = "", times = 1): void {
    this.#faults.push({ method, status, code, left: times });
  }

  #answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { method = "", headers } = request;
    const url = new URL(request.url ?? "", "http://s3");
    this.requests.push(method);
    const fault = this.#faults.find((one) => one.method === method && one.left > 0);
    if (fault) fault.left--;
    if (fault?.status === 0) return;
    const [, bucket, ...parts] = url.pathname.split("/").map(decodeURIComponent);
    const key = parts.join("/");
    const known = this.objects.get(key);
    if (typeof fault?.status === "number") refuse(response, fault.status, fault.code);
    else if (bucket !== this.bucket) refuse(response, 404, "NoSuchBucket");
    else if (method === "PUT" && !isWhole(headers, body)) refuse(response, 400, "BadDigest");
    else if (method === "PUT") {
      this.objects.set(key, { body, headers });
      response.end();
    } else if (method === "DELETE") {
      this.objects.delete(key);
      response.writeHead(204).end();
    } else if (key === "") response.end(this.#list(url.searchParams));
    else if (!known) refuse(response, 404, "NoSuchKey");
    else if (fault?.status === "cut") {
      response.writeHead(200, { "content-length": known.body.length });
      response.write(known.body.subarray(0, known.body.length / 2), () => response.destroy());
    } else response.end(known.body);
  }

  #list(query: URLSearchParams): string {
    const after = query.get("continuation-token");
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(query.get("prefix") ?? ""))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const from = after === null ? 0 : keys.indexOf(Buffer.from(after, "base64").toString()) + 1;
    const page = keys.slice(from, from + this.pageSize);
    const isMore = from + page.length < keys.length;
    const contents = page.map(
      (key) =>
        `<Contents><Key>${xml(key)}</Key><Size>${this.objects.get(key)?.body.length}</Size><LastModified>2026-01-25T01:02:03.000Z</LastModified></Contents>`,
    );
    const next = isMore
      ? `<NextContinuationToken>${Buffer.from(page.at(-1) ?? "").toString("base64")}</NextContinuationToken>`
      : "";
    return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>${isMore}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`;
  }
}

/** Whether the checksum that came along is the body's. */
function isWhole(headers: IncomingMessage["headers"], body: Buffer): boolean {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return headers["x-amz-checksum-crc32"] === checksum.toString("base64");
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`,
  );
}
