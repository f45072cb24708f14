import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { roomImports, roomsPicture } from "./rooms.ts";

const ROOT = join(import.meta.dirname, "..");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
}).split("\n");
writeFileSync(join(ROOT, "docs/pictures/rooms.svg"), await roomsPicture(roomImports(files, ROOT)));
