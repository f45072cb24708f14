import { z } from "zod";
import { httpUrl, MINUTE, ms } from "./values.ts";

/** Where errors are looked up that read like a known one, and what compares them. */
export const knowledgeSchema = z
  .strictObject({
    vectors: z
      .enum(["sqlite", "milvus", "none"])
      .default("sqlite")
      .describe(
        "Where the vectors of known errors are: sqlite-vec in this process, Milvus, or none: only the same template is known. Default: sqlite.",
      ),
    file: z
      .string()
      .min(1)
      .optional()
      .describe(
        "SQLite file of the vectors; made when absent. Default: none, they are made anew at each start.",
      ),
    milvusAddress: z
      .string()
      .regex(/^(https?:\/\/)?[\w.-]+(:\d{1,5})?$/)
      .optional()
      .describe("Address of Milvus, `host:port` or `https://host`. Required with `vectors: milvus`."),
    milvusUsername: z.string().min(1).default("root").describe("User of Milvus. Default: root."),
    milvusPassword: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Password of Milvus. Secret: only CALI_KNOWLEDGE_MILVUS_PASSWORD or CALI_KNOWLEDGE_MILVUS_PASSWORD_FILE. Default: none, Milvus asks for none.",
      ),
    embedder: z
      .enum(["packaged", "openai"])
      .default("packaged")
      .describe(
        "What makes the vectors: the packaged English model, or an OpenAI-compatible API with `llm.apiKey`. Default: packaged.",
      ),
    embeddingBaseUrl: httpUrl
      .optional()
      .describe("Address of the API of `embedder: openai`. Default: `llm.baseUrl`."),
    embeddingModel: z
      .string()
      .regex(/^[\w./:@-]{1,200}$/)
      .default("text-embedding-3-small")
      .describe("Model of `embedder: openai`. Default: text-embedding-3-small."),
    embeddingDimensions: z
      .int()
      .min(64)
      .max(4_096)
      .default(512)
      .describe("Numbers in a vector of `embedder: openai`. Default: 512."),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        "Least similarity of an answer. Default: what was chosen for the embedder (docs/knowledge.md); without one nothing is an answer.",
      ),
    timeoutMs: ms(1_500, 50, MINUTE, "Longest time of a search, the embedding included."),
    refreshMs: ms(5 * MINUTE, 1_000, 24 * 60 * MINUTE, "Time between two looks for new knowledge."),
  })
  .superRefine(({ vectors, milvusAddress, file }, context) => {
    if (vectors === "milvus" && milvusAddress === undefined) {
      const message = "one, since vectors is milvus";
      context.addIssue({ code: "custom", path: ["milvusAddress"], message });
    }
    if (vectors !== "sqlite" && file !== undefined) {
      context.addIssue({ code: "custom", path: ["file"], message: `none, since vectors is ${vectors}` });
    }
  });
