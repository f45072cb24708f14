import { once } from "node:events";

/** Writes a line, and waits while its reader is slower. */
export async function writeLine(text: string, output: NodeJS.WritableStream = process.stdout): Promise<void> {
  if (!output.write(`${text}\n`)) await once(output, "drain");
}
