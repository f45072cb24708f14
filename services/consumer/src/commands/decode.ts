import { buffer } from "node:stream/consumers";
import { letReadersLeave } from "@cali/base";
import { isZone } from "@cali/log-record";
import { Command, InvalidArgumentError } from "commander";
import type { Payload } from "../decode/collector.ts";
import { decode } from "../decode/decode.ts";
import { writeLine } from "../ops/output.ts";

interface Options {
  readonly json?: boolean;
  readonly timeZone: string;
}

/**
 * `consumer decode`: what the consumer makes of one Kinesis record's data, which comes on standard input. Needs no configuration and
 * no AWS. What is refused is shown and is no failure.
 */
export function decodeCommand(): Command {
  return new Command("decode")
    .description("read the data of one Kinesis record from standard input and write the records it becomes")
    .option("--json", "one JSON object a line: {ok: true, record, format} or {ok: false, reason}")
    .option("--time-zone <zone>", "of times that name none: Asia/Seoul, +09:00", parseZone, "UTC")
    .action(async ({ json, timeZone }: Options) => {
      letReadersLeave(() => process.exit(0));
      const payloads = decode(await buffer(process.stdin), { zone: timeZone });
      for (const payload of payloads) await writeLine(json ? asJson(payload) : asText(payload));
    });
}

function asJson(payload: Payload): string {
  if (!payload.ok) return JSON.stringify({ ok: false, reason: payload.reason });
  const { record, format } = payload;
  return JSON.stringify({ ok: true, record, format });
}

function asText(payload: Payload): string {
  if (!payload.ok) return `refused: ${JSON.stringify(payload.reason)}`;
  const { timestamp, level, service, message } = payload.record;
  return `${timestamp} ${level} ${service} (${payload.format}): ${JSON.stringify(message)}`;
}

function parseZone(text: string): string {
  if (!isZone(text)) throw new InvalidArgumentError("allowed: an IANA name such as Asia/Seoul, or +09:00");
  return text;
}
