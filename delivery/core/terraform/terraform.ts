import { createHash } from "node:crypto";
import { closeSync, openSync, statSync } from "node:fs";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseJson } from "@cali/base";
import gte from "semver/functions/gte.js";
import { z } from "zod";
import { AwsRequestError, TerraformError } from "../errors.ts";
import type { Span } from "../state-backend/own-lock.ts";
import { type Import, type ImportPlan, readImportPlan, removeImports, writeImports } from "./imports.ts";
import { removeHalfWritten } from "./initialized.ts";
import { passSignalsTo, refuseAfterSignal } from "./interrupt.ts";
import { durationMs, mayHaveLeftLock, wasLocked, wasLockGone } from "./lock-wait.ts";
import type { Program } from "./programs.ts";
import { noteEnded, noteRunning } from "./running.ts";
import type { Secrets } from "./secrets.ts";
import { start } from "./start.ts";
import { parseState, type State } from "./state.ts";
import { type Warning, warningsIn } from "./warnings.ts";

const LOCK_FILE = ".terraform.lock.hcl";
const LAST_LINES = 30;

export interface TerraformOptions {
  readonly program: Program;
  /** Where it runs: the folder of a `cdk.tf.json`. */
  readonly folder: string;
  readonly secrets: Secrets;
  /** How long to wait for the state's lock, such as `5m`. */
  readonly lockTimeout: string;
  /** Folder of downloaded providers, shared by all stacks. */
  readonly pluginCache: string;
  /** The provider lock file to use; undefined: none is kept. */
  readonly lockFile?: string;
  /** What Terraform has besides this process's environment: values of variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Terraform, or OpenTofu in its place, run in a stack's folder. */
export class Terraform {
  readonly #options: TerraformOptions;

  constructor(options: TerraformOptions) {
    this.#options = options;
  }

  /** Installs providers and reaches for the state. @throws TerraformError */
  async init(): Promise<void> {
    const { folder, lockFile, pluginCache } = this.#options;
    await mkdir(pluginCache, { recursive: true });
    // Left by a run that was cut off, or of another backend.
    await rm(join(folder, LOCK_FILE), { force: true });
    await removeImports(folder);
    await removeHalfWritten(folder);
    if (lockFile) await copyFile(lockFile, join(folder, LOCK_FILE));
    // The configuration says where the state is: what an earlier synth of this folder said is over.
    await this.#run([
      "init",
      "-input=false",
      "-no-color",
      "-reconfigure",
      ...(lockFile ? ["-lockfile=readonly"] : []),
    ]);
  }

  /** Hash of the provider lock file that `init` used; undefined: the stack has no provider to lock. */
  async lockDigest(): Promise<string | undefined> {
    try {
      const text = await readFile(join(this.#options.folder, LOCK_FILE));
      return createHash("sha256").update(text).digest("hex");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /**
   * Plans into a file. What Terraform says goes into a file, too, as with `apply`.
   *
   * @returns what Terraform warns of.
   * @throws TerraformError
   */
  async plan(file: string): Promise<Warning[]> {
    const { lockTimeout } = this.#options;
    const args = ["plan", "-input=false", "-no-color", `-lock-timeout=${lockTimeout}`, `-out=${file}`];
    return warningsIn((await this.#run(args, `${file}.log`)).said);
  }

  /**
   * Plans with imports besides what the code says. Where one of them doesn't exist, there is no plan.
   *
   * @param file the plan's.
   * @param override what is merged into the code's resources, in Terraform's JSON syntax. Default: nothing.
   * @throws TerraformError for whatever else is wrong.
   */
  async planImports(file: string, imports: readonly Import[], override?: object): Promise<ImportPlan> {
    const { program, folder, lockTimeout, secrets } = this.#options;
    const log = `${file}.log`;
    await rm(log, { force: true });
    await writeImports(folder, imports, override);
    try {
      const args = ["plan", "-input=false", "-json", `-lock-timeout=${lockTimeout}`, `-out=${file}`];
      const { exitCode, said } = await this.#run(args, log, [0, 1]);
      const plan = readImportPlan(said, imports);
      if (plan.errors.length > 0 || (exitCode !== 0 && plan.absent.size === 0)) {
        throw new TerraformError(
          `${program.command} plan ended with ${exitCode}:\n${secrets.redact(lastLines(plan.errors.join("\n")))}`,
        );
      }
      return plan;
    } finally {
      await removeImports(folder);
    }
  }

  /** The plan as JSON. It has secrets in clear text. @throws TerraformError */
  async show(file: string): Promise<string> {
    return (await this.#run(["show", "-json", "-no-color", file])).said;
  }

  /** The state; one that was never written is empty. @throws TerraformError */
  async state(): Promise<State> {
    return parseState(await this.stateText(), `${this.#options.program.command} state pull`);
  }

  /** The state as Terraform keeps it. It has secrets in clear text. @throws TerraformError */
  async stateText(): Promise<string> {
    return (await this.#run(["state", "pull"])).said;
  }

  /**
   * Applies a plan file. What Terraform says goes into a file, not to a pipe: when this process ends, Terraform goes on to its end, and
   * gives its lock back.
   *
   * @param log the file.
   * @throws TerraformError with the last lines.
   */
  async apply(file: string, log: string): Promise<void> {
    const { lockTimeout } = this.#options;
    const args = ["apply", "-input=false", "-no-color", `-lock-timeout=${lockTimeout}`, file];
    await this.#run(args, log);
  }

  /** Writes a state over an older one of the same lineage. @param file of it. @throws TerraformError */
  async pushState(file: string): Promise<void> {
    const log = resolve(this.#options.folder, `${file}.log`);
    await this.#run(["state", "push", `-lock-timeout=${this.#options.lockTimeout}`, file], log);
  }

  /**
   * Where Terraform takes the lock, one that was given back just then is waited for like any other, and its own, which AWS's lost answer hid
   * from it, is given back.
   */
  async #run(args: string[], log?: string, allowed: readonly number[] = [0]) {
    const { program, lockTimeout, secrets } = this.#options;
    const until = performance.now() + durationMs(lockTimeout);
    let mayHaveOwnLock = true;
    for (;;) {
      const { exitCode, said, how, shown, span } = await this.#once(args, log);
      if (exitCode === 0) return { exitCode, said };
      if (wasLockGone(said) && performance.now() < until) continue;
      if (mayHaveOwnLock && wasLocked(said) && (await this.#gaveBack(said, span))) {
        mayHaveOwnLock = false;
        continue;
      }
      if (exitCode !== undefined && allowed.includes(exitCode)) return { exitCode, said };
      throw new TerraformError(`${program.command} ${args[0]} ${how}:\n${secrets.redact(lastLines(shown))}`);
    }
  }

  /** Whether the lock that it was refused was its own. One that could not be given back stays, as if it were not. */
  async #gaveBack(said: string, span: Span): Promise<boolean> {
    const { program, folder } = this.#options;
    try {
      // AWS's clients take a third of a plan's start, and are hardly ever needed.
      const { giveBackOwnLock } = await import("../state-backend/own-lock.ts");
      const id = await giveBackOwnLock(folder, said, span);
      if (id === undefined) return false;
      console.error(
        `${program.name} was refused its own lock ${id}, as AWS's answer to taking it was lost: it was given back, and is taken anew`,
      );
      noteEnded(folder);
      return true;
    } catch (error) {
      if (!(error instanceof AwsRequestError)) throw error;
      console.error(`whether ${program.name} was refused its own lock is not known: ${error.message}`);
      return false;
    }
  }

  /** @returns `said`: what it printed to its standard output, or wrote to the log; `shown`: the same with its errors. */
  async #once(args: string[], log: string | undefined) {
    const { program, folder, environment, lockFile, pluginCache } = this.#options;
    const before = (log && statSync(log, { throwIfNoEntry: false })?.size) || 0;
    refuseAfterSignal(`${program.command} ${args[0]}`);
    // The file itself, not a pipe that ends with this process.
    const output = log === undefined ? undefined : openSync(log, "a", 0o600);
    const from = Date.now();
    const { child, ended } = start(program.command, args, {
      cwd: folder,
      env: {
        ...environment,
        TF_IN_AUTOMATION: "1",
        CHECKPOINT_DISABLE: "1",
        TF_PLUGIN_CACHE_DIR: pluginCache,
        // Without a lock file there is none to break.
        ...(!lockFile && { TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: "true" }),
      },
      output,
      // In a process group of its own, so that Ctrl-C reaches it only once; it goes on when this process is killed.
      detached: true,
    });
    const stopPassing = passSignalsTo(child, program.name);
    // What writes to a log takes the lock.
    if (log !== undefined && child.pid !== undefined) noteRunning(folder, child.pid);
    const result = await ended;
    stopPassing();
    const until = Date.now();
    if (output !== undefined) closeSync(output);
    if (result.code === "ENOENT") {
      throw new TerraformError(
        `${program.command} is not on the PATH\nRemedy: install ${program.name} ${program.oldest} or newer (${program.install}).`,
      );
    }
    const said = log === undefined ? result.stdout : (await readFile(log)).subarray(before).toString();
    // Killed, or refused it, it may have left its lock.
    if (log !== undefined && result.signal === undefined && !mayHaveLeftLock(said)) noteEnded(folder);
    const shown = log === undefined ? `${said}\n${result.stderr}` : said;
    const how = result.signal ? `was ended by ${result.signal}` : `ended with ${result.exitCode}`;
    return { exitCode: result.exitCode, said, shown, how, span: { from, until } };
  }
}

/** The installed program's version. @throws TerraformError when there is none, or it is too old. */
export async function installedVersion({ command, name, oldest, install }: Program): Promise<string> {
  const result = await start(command, ["version", "-json"], { env: { CHECKPOINT_DISABLE: "1" } }).ended;
  // OpenTofu calls its own version so, too.
  const answer = z.object({ terraform_version: z.string() }).safeParse(parseJson(result.stdout));
  const version = answer.success ? answer.data.terraform_version : undefined;
  if (version === undefined || !gte(version, oldest)) {
    throw new TerraformError(
      `${name}: given ${version ?? `no ${command} on the PATH`}; allowed: ${oldest} or newer\nRemedy: ${install}`,
    );
  }
  return version;
}

function lastLines(text: string): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^[╷╵]\s*$/.test(line))
    .slice(-LAST_LINES)
    .join("\n");
}
