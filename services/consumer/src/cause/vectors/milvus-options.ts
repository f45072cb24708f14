import { z } from "zod";
import { VectorStoreError } from "../errors.ts";

const HOST = /^[A-Za-z0-9._-]+$|^\[[0-9A-Fa-f:.]+\]$/;

/** `host:port`, or an http or https URL without a path; https is TLS. */
function isAddress(given: string): boolean {
  const url = URL.parse(given.includes("://") ? given : `http://${given}`);
  if (url === null || !["http:", "https:"].includes(url.protocol) || !HOST.test(url.hostname)) return false;
  // Names and passwords in it would show in messages.
  if (url.username || url.password || url.search || url.hash || url.pathname !== "/") return false;
  return given.startsWith("https://") || /:\d+\/?$/.test(given);
}

const milvusOptions = z
  .strictObject({
    address: z
      .string()
      .refine(
        isAddress,
        "allowed host:port, http://host:port or https://host[:port], without a name or password",
      ),
    username: z.string().min(1).optional(),
    /** Secret. */
    password: z.string().min(1).optional(),
    /** Secret; instead of a name and password. */
    token: z.string().min(1).optional(),
    database: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
      .max(255)
      .optional(),
    /** PEM files; with them it is TLS whatever the address says. */
    tls: z
      .strictObject({
        rootCertPath: z.string().min(1).optional(),
        certChainPath: z.string().min(1).optional(),
        privateKeyPath: z.string().min(1).optional(),
        serverName: z.string().min(1).optional(),
      })
      .refine((tls) => (tls.certChainPath === undefined) === (tls.privateKeyPath === undefined), {
        message: "allowed certChainPath and privateKeyPath together",
      })
      .optional(),
    /** Longest time of one request with all its repetitions, ms. */
    timeoutMs: z.int().min(1).max(600_000),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    message: "allowed username and password together",
  })
  .refine(({ username, token }) => username === undefined || token === undefined, {
    message: "allowed a token, or a username and password",
  });
export type MilvusOptions = z.output<typeof milvusOptions>;

/** @throws VectorStoreError one of the options is wrong */
export function requireOptions(given: MilvusOptions): MilvusOptions {
  const options = milvusOptions.safeParse(given);
  if (options.success) return options.data;
  throw new VectorStoreError(`Milvus: ${explain(options.error, given)}`);
}

/** As they are given, and as they are sent. */
export function secretsOf({ username, password, token }: MilvusOptions): string[] {
  const sent = token ?? (password && `${username}:${password}`);
  if (!sent) return [];
  return [sent, Buffer.from(sent).toString("base64"), ...(password ? [password] : [])];
}

function explain(error: z.ZodError, given: MilvusOptions): string {
  return error.issues
    .map(({ path: [key, ...rest], message }) => {
      const open = key === "timeoutMs" || key === "database";
      const shown = open ? ` given ${JSON.stringify(given[key])},` : "";
      return `${[key, ...rest].join(".")}:${shown} ${message}`;
    })
    .join("; ");
}
