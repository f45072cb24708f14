import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { FILES } from "./documents.ts";
import { ROOT } from "./run.ts";

/** Copies the checkout as it is now into a folder, without its tests; its node_modules is a link. */
export function copyCheckout(to: string): void {
  copyFiles(to, (file) => !file.startsWith("test/"));
  symlinkSync(join(ROOT, "node_modules"), join(to, "node_modules"));
}

/** Copies the files that Git knows, and that are there. */
export function copyFiles(to: string, takes: (file: string) => boolean = () => true): void {
  for (const file of FILES) {
    if (!takes(file) || !existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(ROOT, file), join(to, file));
  }
}
