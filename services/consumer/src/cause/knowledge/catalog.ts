import { createHash } from "node:crypto";
import { LEVELS } from "@cali/log-record";
import { z } from "zod";
import { mask } from "../../group/masking.ts";
import { redact } from "../../redact/redact.ts";

/** Who said what an error's cause is. */
export const ORIGINS = ["seed", "person", "llm", "learned"] as const;
/** `proposed`: no person has confirmed it; `rejected`: a person said it is wrong, and it is not proposed again. */
export const STATES = ["proposed", "confirmed", "rejected"] as const;

const text = (most: number) => z.string().trim().min(1).max(most);

/** What people and files say of a known error. */
const fields = z.strictObject({
  /** A line of the error, or its template. */
  pattern: text(2_000),
  /** Only a proposal, or what was rejected, may do without: nobody knows it yet. */
  cause: text(1_000).optional(),
  action: text(1_000).optional(),
  /** Where it says more. */
  runbook: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
  origin: z.enum(ORIGINS),
  state: z.enum(STATES).default("confirmed"),
  /** The error code that lines of it carry. */
  errorCode: text(64).optional(),
  level: z.enum(LEVELS).optional(),
  /** How often and by whom it was logged on the day it was learned of. */
  seen: z
    .strictObject({ date: z.iso.date(), count: z.int().min(1), services: z.array(text(200)).max(20) })
    .optional(),
  /** How many people said that it is right, and that it is wrong. */
  votes: z.strictObject({ confirmed: z.int().min(0), rejected: z.int().min(0) }).optional(),
});

const hasCause = (value: { state: string; cause?: string | undefined; action?: string | undefined }) =>
  value.state !== "confirmed" || (value.cause !== undefined && value.action !== undefined);
const CAUSE_MISSING = { path: ["cause"], message: "a cause and an action, since the state is confirmed" };

export const knowledgeSchema = fields
  .extend({ createdAt: z.iso.datetime().optional() })
  .refine(hasCause, CAUSE_MISSING);
export type Knowledge = z.output<typeof knowledgeSchema>;

/** Knowledge as the base has it. */
export const entrySchema = fields
  .extend({
    /** The same for the same pattern and error code. */
    id: z.string().regex(/^[0-9a-f]{16}$/),
    /** When it came into the base, or the error was first seen; ISO 8601. */
    createdAt: z.iso.datetime(),
  })
  .refine(hasCause, CAUSE_MISSING);
export type CatalogEntry = z.output<typeof entrySchema>;

/** The knowledge base: what is known, by id. */
export interface Catalog {
  get(id: string): Promise<CatalogEntry | undefined>;
  /** Of all that it has. */
  ids(): Promise<ReadonlySet<string>>;
  /** In the order of their ids. */
  all(): Promise<CatalogEntry[]>;
  /** One of the same id is replaced; writing the same again changes nothing. */
  put(entries: readonly CatalogEntry[]): Promise<void>;
}

/** The id of knowledge: of its pattern without what varies, so that a line and its template are the same. */
export function idOf({ pattern, errorCode }: { pattern: string; errorCode?: string | undefined }): string {
  const key = [mask(redact(pattern)).replaceAll(VARYING, "<*>").toLowerCase(), errorCode ?? ""];
  return createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 16);
}

/** What stands for something that varies or is secret, whoever put it there. */
export const VARYING = /<(?:\*|[A-Za-z][A-Za-z-]{0,40})>/g;
