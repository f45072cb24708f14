import { appendFileSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { logFile } from "./corpus.ts";
import { criLines } from "./cri.ts";

/** The log of a container as its runtime writes it, with a time of its own for each log, and as the kubelet rotates it. */
export class ContainerLog {
  readonly #path: string;
  #time = 0;
  #rotations = 0;

  /** @param folder stands for `/var/log/pods` */
  constructor(folder: string, pod: string) {
    this.#path = join(folder, logFile(pod));
    mkdirSync(dirname(this.#path), { recursive: true });
  }

  write(texts: readonly (string | Buffer)[], stream: "stdout" | "stderr" = "stdout"): void {
    const lines = texts.flatMap((text) => {
      const nanoseconds = String(this.#time++).padStart(9, "0");
      const time = `2026-01-25T01:02:03.${nanoseconds}Z`;
      if (typeof text === "string")
        return [...criLines(text, time, stream)].map((line) => Buffer.from(`${line}\n`));
      return [Buffer.concat([Buffer.from(`${time} ${stream} F `), text, Buffer.from("\n")])];
    });
    appendFileSync(this.#path, Buffer.concat(lines));
  }

  /** Renames the file; the next line begins a new one. */
  rotate(): void {
    this.#rotations += 1;
    renameSync(this.#path, `${this.#path}.20260125-${String(this.#rotations).padStart(6, "0")}`);
    appendFileSync(this.#path, "");
  }
}
