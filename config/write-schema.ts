import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONFIG_FOLDER, configJsonSchema } from "./load.ts";

/** Writes `config/schema.json`, by which editors complete and check the keys of `config/*.yaml`. */
writeFileSync(join(CONFIG_FOLDER, "schema.json"), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
