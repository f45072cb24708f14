import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { flowPicture } from "./flow.ts";
import { roomImports, roomsPicture } from "./rooms.ts";

/** `npm run docs:pictures` draws what the documents show; the stacks' picture comes last, from a synth of `dev`. */
const ROOT = join(import.meta.dirname, "..");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
}).split("\n");
writeFileSync(join(ROOT, "docs/pictures/rooms.svg"), await roomsPicture(roomImports(files, ROOT)));
writeFileSync(join(ROOT, "docs/pictures/flow.svg"), await flowPicture());
