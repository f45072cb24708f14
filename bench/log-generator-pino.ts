import pino from "pino";

/**
 * The peer of bench/log-generator.ts: writes lines with the same content to standard output, as fast as pino can: the same
 * line over and over, but for a number; time as a number; written synchronously, which is faster here than not.
 */
const [minLength, count] = process.argv.slice(2);
const destination = pino.destination({ dest: 1, sync: true, minLength: Number(minLength) });
const logger = pino({ base: { service: "cart", version: "3.4.0" } }, destination);
const trace_id = "0af7651916cd43dd8448eb211c80319c";
for (let line = 0; line < Number(count); line += 1) {
  logger.info({ trace_id }, `item MUG-${line} added to cart c-4c9b18e92ead, ${line % 9} items now`);
}
destination.flushSync();
