/** One thing that is wrong in a configuration file. */
export interface ConfigProblem {
  /** The key's path, such as `stream.shards`; empty for the file as a whole. */
  readonly key: string;
  /** Line in the file, from 1, when the key (or what holds it) stands there. */
  readonly line?: number;
  /** What the file has there, shortened. */
  readonly given: string;
  /** What may stand there. */
  readonly allowed: string;
}

/** A configuration that cannot be used. It lists every problem, each with file, line, key, given and allowed. */
export class ConfigError extends Error {
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    const lines = problems.map(
      ({ key, line, given, allowed }) =>
        `  ${file}${line === undefined ? "" : `:${line}`}: ${key || "(whole file)"}: given ${given}; allowed: ${allowed}`,
    );
    super(`${file} has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n${lines.join("\n")}`);
    this.name = "ConfigError";
    this.file = file;
    this.problems = problems;
  }
}
