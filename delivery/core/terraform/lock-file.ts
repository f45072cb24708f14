import { readFileSync } from "node:fs";
import { TerraformError } from "../errors.ts";
import { otherThan, type Program, providerAddress } from "./programs.ts";

/**
 * Refuses a provider lock file of the other program: each names its providers by a registry of its own, whose packages have other
 * hashes.
 *
 * @param providers of the stack, each as source and version.
 * @throws TerraformError
 */
export function checkLockFile(file: string, providers: readonly string[], program: Program): void {
  const other = otherThan(program);
  const locked = new Set(
    [...readFileSync(file, "utf8").matchAll(/^provider "([^"]+)"/gm)].map(([, address]) => address),
  );
  const foreign = providers.flatMap((one) => {
    const [source = ""] = one.split(" ");
    const [own, its] = [providerAddress(source, program), providerAddress(source, other)];
    return !locked.has(own) && locked.has(its) ? [{ own, its }] : [];
  });
  if (foreign.length === 0) return;
  throw new TerraformError(
    `${file}: given ${foreign.map(({ its }) => its).join(", ")}, which ${other.name} takes; allowed: ${foreign.map(({ own }) => own).join(", ")}, since terraform.program is ${program.command}\nRemedy: make the lock files anew with \`${program.command} providers lock\` (docs/pipeline.md).`,
  );
}
