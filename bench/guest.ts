import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Installs a package that is a peer of a benchmark, and no dependency of this project, into the system's temporary folder.
 * @param spec with its exact version, such as `minisearch@7.2.0`
 * @returns what requires it; undefined: it could not be installed
 */
export function installGuest(spec: string): { folder: string; require: NodeJS.Require } | undefined {
  const [name = ""] = spec.split("@");
  const folder = join(tmpdir(), `cali-bench-${spec.replace("@", "-")}`);
  try {
    if (!existsSync(join(folder, "node_modules", name))) {
      mkdirSync(folder, { recursive: true });
      const options = ["--no-audit", "--no-fund", "--no-save"];
      execFileSync("npm", ["install", "--prefix", folder, ...options, spec], { stdio: "ignore" });
    }
    return { folder, require: createRequire(join(folder, "package.json")) };
  } catch {
    return undefined;
  }
}
