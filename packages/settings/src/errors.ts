/** One thing that is wrong in a configuration. */
export interface ConfigProblem {
  /** The key's path, such as `stream.shards`; empty for the whole. */
  readonly key: string;
  /** Line in the file, from 1, when the key (or what holds it) stands there. */
  readonly line?: number;
  /** The environment variable that the value came from, in the file's place. */
  readonly variable?: string;
  /** What stands there, shortened; never a secret. */
  readonly given: string;
  /** What may stand there. */
  readonly allowed: string;
}

/** A configuration that cannot be used. It lists every problem, each with file, line, key, given and allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  /** @param file what the configuration is called; undefined: it is made of the environment, or by a program. */
  constructor(file: string | undefined, problems: readonly ConfigProblem[]) {
    const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
    const lines = problems.map((problem) => `  ${problemText(problem, file)}`);
    super(`${file ?? "the configuration"} has ${count}:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/** A problem on one line: `consumer.yaml:3: kinesis.stream: given 5; allowed: a text`. */
export function problemText({ key, line, variable, given, allowed }: ConfigProblem, file?: string): string {
  const place = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
  return `${variable ?? `${place}${key || "(whole file)"}`}: given ${given}; allowed: ${allowed}`;
}
