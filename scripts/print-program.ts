import { loadConfig } from "../config/load.ts";

/** For a job's setup, as an output of its step: the program of the environment `CALI_ENV`, such as `program=tofu`. */
console.log(`program=${loadConfig().terraform.program}`);
