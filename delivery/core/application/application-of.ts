import { resolve } from "node:path";
import { loadConfig } from "../../../config/load.ts";
import { readApplication } from "./application.ts";
import { synthesizeTo } from "./synthesize.ts";

/** The application of an environment, synthesized where it is not yet. */
export async function applicationOf(env: string | undefined, synthDir: string | undefined) {
  const config = loadConfig({ env });
  const name = env ?? (process.env.CALI_ENV || "dev");
  const folder = resolve(synthDir ?? `.cali/synth/${name}`);
  if (synthDir === undefined) await synthesizeTo(folder, process.cwd(), name);
  return { config, folder, application: await readApplication(folder) };
}
