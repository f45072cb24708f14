import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import pino from "pino";

/** The peer of bench/log-generator.ts: writes lines like the generator's to standard output, as fast as pino can. */
const [mode, minLength, count] = process.argv.slice(2);
const sync = mode === "sync";
const destination = pino.destination({ dest: 1, sync, minLength: Number(minLength) });
if (!sync) await once(destination, "ready");
const base = {
  service: "cart",
  version: "3.4.0",
  platform: "eks",
  environment: "dev",
  pod_name: "cart-0a1b2c3d4-5e6f7",
};
const logger = pino({ base, timestamp: pino.stdTimeFunctions.isoTime }, destination);
const trace_id = "0af7651916cd43dd8448eb211c80319c";
for (let line = 0; line < Number(count); line += 1) {
  logger.info({ trace_id }, `item MUG-${line} added to cart c-${line}, ${line % 9} items now`);
  // Its writes need a turn now and then, or all lines would pile up in memory.
  if (!sync && line % 1_000 === 0) await setImmediate();
}
destination.flushSync();
