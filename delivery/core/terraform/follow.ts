import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 500;
const MOST_BYTES = 64 * 1024;

/** What Terraform says of a resource's progress; of what takes long only each full minute. */
const PROGRESS =
  /^[^\s:]\S*: (?:Creating|Modifying|Destroying|Reading|(?:Creation|Modifications|Destruction) complete|Still \w+\.\.\. \[(?:id=\S+ )?\d+m0?0s elapsed\])/;

/**
 * Reads what a log gets from now on, and reports each line on a resource's progress.
 *
 * @returns what ends it, after the rest was read.
 */
export function followProgress(file: string, onLine: (line: string) => void): () => Promise<void> {
  const ended = new AbortController();
  let offset = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  let rest = "";
  const readOn = async () => {
    const handle = await open(file);
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, offset);
        if (bytesRead === 0) return;
        offset += bytesRead;
        const lines = (rest + buffer.toString("utf8", 0, bytesRead)).split("\n");
        rest = lines.pop()?.slice(-MOST_BYTES) ?? "";
        for (const line of lines) if (PROGRESS.test(line)) onLine(line);
      }
    } finally {
      await handle.close();
    }
  };
  const following = (async () => {
    while (!ended.signal.aborted) {
      // There is no log before Terraform begins; a line that isn't shown is no reason to fail.
      await readOn().catch(() => {});
      await sleep(POLL_MS, undefined, { signal: ended.signal }).catch(() => {});
    }
    await readOn().catch(() => {});
  })();
  return () => {
    ended.abort();
    return following;
  };
}
