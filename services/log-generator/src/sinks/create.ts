import { type FileHandle, open, stat } from "node:fs/promises";
import { OptionError } from "../errors.ts";
import { asJson, asText, type GeneratedLine } from "../generate.ts";
import { TextSink } from "./text.ts";
import type { Sink } from "./types.ts";

/** What a record says about its origin besides the pod, which the line knows. */
interface Place {
  platform: string;
  environment: string;
}

interface AwsSinkOptions extends Place {
  stream: string;
  /** Of a local emulator; AWS when absent. */
  endpoint?: string;
  /** When absent: what the environment and the shared AWS configuration say. */
  region?: string;
  /** Calls at the same time. Default 4; 1 keeps the lines in order as long as no call fails. */
  concurrency?: number;
  /** When absent: what the SDK finds by itself. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

export type SinkOptions =
  | ({ kind: "stdout"; format: "text" | "json" } & Place)
  | ({ kind: "file"; path: string; overwrite: boolean; format: "text" | "json" } & Place)
  | ({ kind: "kinesis" } & AwsSinkOptions)
  | ({ kind: "firehose" } & AwsSinkOptions);

/**
 * @throws OptionError when the file cannot be written, or no AWS region is known.
 */
export async function createSink(options: SinkOptions): Promise<Sink> {
  const json = (line: GeneratedLine): string => asJson(line, options);
  switch (options.kind) {
    case "stdout": {
      const render = options.format === "json" ? json : asText;
      return new TextSink(process.stdout, { name: "standard output", render, end: false });
    }
    case "file": {
      const render = options.format === "json" ? json : asText;
      return fileSink("--file", options.path, options.overwrite, render);
    }
    default:
      return awsSink(options, json);
  }
}

/** The SDK is loaded only when it is needed: it takes longer than all the rest. */
async function awsSink(
  options: Extract<SinkOptions, { kind: "kinesis" | "firehose" }>,
  render: (line: GeneratedLine) => string,
): Promise<Sink> {
  const { kind, stream, endpoint, region, credentials, concurrency } = options;
  const config = { endpoint, region, credentials };
  const { BatchSink } = await import("./batch.ts");
  const target =
    kind === "kinesis"
      ? (await import("./kinesis.ts")).kinesisTarget(stream, config)
      : (await import("./firehose.ts")).firehoseTarget(stream, config);
  try {
    await target.check();
  } catch (cause) {
    target.destroy();
    throw new OptionError(
      `--region: given nothing; allowed: a region such as ap-northeast-2, here or in AWS_REGION`,
      {
        cause,
      },
    );
  }
  return new BatchSink(target, { render, ...(concurrency === undefined ? {} : { concurrency }) });
}

/**
 * Checks, and changes nothing.
 * @param option the option that names the file, for errors
 * @throws OptionError when the file holds something and `overwrite` is false.
 */
export async function refuseContent(option: string, path: string, overwrite: boolean): Promise<void> {
  const present = await stat(path).catch(() => undefined);
  if (present?.isFile() && present.size > 0 && !overwrite) {
    throw new OptionError(
      `${option}: given ${JSON.stringify(path)}, a file with content; allowed: a new or empty one, or --overwrite`,
    );
  }
}

/**
 * A sink that writes a file anew and makes it durable at its end.
 * @param option the option that names the file, for errors
 * @throws OptionError when the file holds something and `overwrite` is false, or cannot be written.
 */
export async function fileSink(
  option: string,
  path: string,
  overwrite: boolean,
  render: (line: GeneratedLine) => string,
): Promise<TextSink> {
  await refuseContent(option, path, overwrite);
  let handle: FileHandle;
  try {
    handle = await open(path, "w");
  } catch (cause) {
    const { message } = cause as Error;
    throw new OptionError(
      `${option}: given ${JSON.stringify(path)}; allowed: a file that can be written: ${message}`,
      { cause },
    );
  }
  const flush = (await handle.stat()).isFile();
  return new TextSink(handle.createWriteStream({ flush }), { name: path, render, end: true });
}
