import { z } from "zod";

export const consoleSchema = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe(
      "Port of the console's page, on 127.0.0.1 alone (`kubectl port-forward`); 0: any free one. Default: there is none.",
    ),
  token: z
    .string()
    .min(16)
    .optional()
    .describe(
      "What the page asks for before it confirms or rejects a cause, at least 16 characters. Default: it only shows. Secret: environment only.",
    ),
});
