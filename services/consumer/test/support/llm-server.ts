import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a model may be asked, as far as tests look at it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format: unknown;
  readonly max_completion_tokens: number;
}

/** An answer that fits the schema. */
export const USABLE = {
  known: true,
  cause: "The connection pool is too small.",
  action: "Look at its size and at slow queries.",
  link: null as string | null,
};

/** An OpenAI-compatible API for tests, in any mood. */
export class LlmServer {
  readonly requests: ChatRequest[] = [];
  /** Everything that was received, as text. */
  readonly bodies: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** The next answers' content; text stands for itself. */
  content: unknown = USABLE;
  /** Instead of answering well. */
  mood: ((response: ServerResponse, request: ChatRequest) => void) | undefined;
  usage: { prompt_tokens: number; completion_tokens: number } | null = {
    prompt_tokens: 400,
    completion_tokens: 50,
  };
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        const asked = JSON.parse(body) as ChatRequest;
        this.bodies.push(body);
        this.requests.push(asked);
        this.authorizations.push(request.headers.authorization);
        if (this.mood) this.mood(response, asked);
        else sendJson(response, 200, this.completion(this.content));
      });
    });
  }

  /** A chat completion as the API gives it. */
  completion(content: unknown, over: { finish_reason?: string; refusal?: string | null } = {}) {
    const { finish_reason = "stop", refusal = null } = over;
    const text = typeof content === "string" ? content : JSON.stringify(content);
    const message = { role: "assistant", content: refusal === null ? text : null, refusal };
    return {
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1,
      model: "test",
      choices: [{ index: 0, finish_reason, logprobs: null, message }],
      ...(this.usage && { usage: { ...this.usage, total_tokens: 450 } }),
    };
  }

  /** Resolves to its base URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof value === "string" ? value : JSON.stringify(value));
}

/** Everything that goes wrong with a model, and what the advisor says of it. */
export const MOODS: readonly {
  readonly name: string;
  readonly mood: (server: LlmServer) => LlmServer["mood"];
  readonly says: RegExp;
  /** It is asked again for the same question. */
  readonly isPassing: boolean;
  /** Only a time limit ends the call. */
  readonly isSilent?: boolean;
}[] = [
  {
    name: "unreachable",
    mood: () => (response) => void response.socket?.destroy(),
    says: /the model cannot be reached/,
    isPassing: true,
  },
  {
    name: "slow to answer",
    mood: () => () => undefined,
    says: /no answer in time/,
    isPassing: true,
    isSilent: true,
  },
  {
    name: "slow in the middle of its answer",
    mood: () => (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"choices":');
    },
    says: /no answer in time/,
    isPassing: true,
    isSilent: true,
  },
  {
    name: "busy (429)",
    mood: () => (response) => sendJson(response, 429, {}, { "retry-after": "0" }),
    says: /answered 429/,
    isPassing: true,
  },
  {
    name: "failing (500)",
    mood: () => (response) => sendJson(response, 500, {}),
    says: /answered 500/,
    isPassing: true,
  },
  {
    name: "refusing the key (401)",
    mood:
      () =>
      (response, { messages }) =>
        sendJson(response, 401, { error: { message: messages[1]?.content } }),
    says: /answered 401/,
    isPassing: true,
  },
  {
    name: "sending elsewhere (302)",
    mood: () => (response) => {
      response.writeHead(302, { location: "http://127.0.0.1:1/steal" });
      response.end();
    },
    says: /the model cannot be reached/,
    isPassing: true,
  },
  ...(
    [
      ["breaking the schema: a field is missing", { known: true, cause: "x" }],
      ["breaking the schema: a field too many", { ...USABLE, run: "rm -rf /" }],
      ["breaking the schema: another type", { ...USABLE, cause: { text: "x" } }],
      ["breaking the schema: too long", { ...USABLE, cause: "x".repeat(2_001) }],
      ["saying nothing", { ...USABLE, cause: " ", action: "" }],
      ["cut in the middle of its JSON", JSON.stringify(USABLE).slice(0, 40)],
      ["talking", "Sure! Here is the cause you asked for."],
      ["sending JSON in a code block", `\`\`\`json\n${JSON.stringify(USABLE)}\n\`\`\``],
      ["empty", ""],
    ] as const
  ).map(([name, content]) => ({
    name,
    mood: (server: LlmServer) => (response: ServerResponse) =>
      sendJson(response, 200, server.completion(content)),
    says: /the model's answer is of no use/,
    isPassing: false,
  })),
  {
    name: "out of tokens",
    mood: (server) => (response) =>
      sendJson(response, 200, server.completion(USABLE, { finish_reason: "length" })),
    says: /the answer was cut off/,
    isPassing: false,
  },
  {
    name: "declining",
    mood: (server) => (response) =>
      sendJson(response, 200, server.completion("", { refusal: "I can't help" })),
    says: /declined to answer/,
    isPassing: false,
  },
  {
    name: "another kind of page",
    mood: () => (response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<html>sign in</html>");
    },
    says: /its content type is another/,
    isPassing: false,
  },
  {
    name: "no chat completion",
    mood: () => (response) => sendJson(response, 200, { hello: "world" }),
    says: /no chat completion/,
    isPassing: false,
  },
  {
    name: "an answer that is no JSON",
    mood: () => (response) => sendJson(response, 200, '{"choices":['),
    says: /cannot be read|no chat completion/,
    isPassing: false,
  },
  {
    name: "huge",
    mood: (server) => (response) =>
      sendJson(response, 200, server.completion({ ...USABLE, cause: "x".repeat(5_000_000) })),
    says: /larger than 262144 bytes/,
    isPassing: false,
  },
];
