import { LlmError } from "../errors.ts";

/**
 * `fetch` for answers of somebody who may be hostile: JSON alone, of bounded size, and from the address that was asked. It
 * resolves when the body is read, so that a limit of time holds for that, too.
 */
export function boundedFetch(largest: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: "error" });
    if (!response.ok) {
      // What a refusal says is of no use, and may repeat what was asked.
      await response.body?.cancel();
      return new Response("{}", {
        status: response.status,
        headers: withoutBody(response.headers),
      });
    }
    if (!/^application\/json\b/i.test(response.headers.get("content-type") ?? "")) {
      await response.body?.cancel();
      throw new LlmError("broken-answer", "the answer is no JSON: its content type is another");
    }
    const body = await readBody(response, largest);
    return new Response(body, { status: response.status, headers: { "content-type": "application/json" } });
  };
}

function withoutBody(headers: Headers): Record<string, string> {
  const retryAfter = headers.get("retry-after");
  return { "content-type": "application/json", ...(retryAfter !== null && { "retry-after": retryAfter }) };
}

async function readBody(response: Response, largest: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop ends the connection.
    if (bytes > largest) throw new LlmError("broken-answer", `the answer is larger than ${largest} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
