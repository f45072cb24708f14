import { once } from "node:events";

/** Ends the program quietly once whoever reads its output, such as `head`, has seen enough. */
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}

/** Writes a line, and waits while its reader is slower. */
export async function writeLine(text: string, output: NodeJS.WritableStream = process.stdout): Promise<void> {
  if (!output.write(`${text}\n`)) await once(output, "drain");
}
