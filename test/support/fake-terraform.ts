import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import type { SynthesizedStack } from "../../delivery/core/application/application.ts";
import { otherThan, PROGRAMS, type Program } from "../../delivery/core/terraform/programs.ts";
import { type ChangeInput, planJson } from "./plans.ts";

/** What Terraform answers in a stack's folder. */
export interface FakeStack extends Partial<Omit<SynthesizedStack, "name" | "folder">> {
  readonly name: string;
  /** Serial and outputs of the state; undefined: it was never written. */
  readonly state?: { readonly serial: number; readonly lineage?: string; readonly outputs?: object };
  /** What `plan` finds to change. */
  readonly changes?: readonly ChangeInput[];
  /** Text of the provider lock file that `init` leaves. */
  readonly lock?: string;
  /** Lines of shell that run before the answer of `init`, `state`, `plan`, `show` or `apply`; `$file` is the plan's path, `$fake` the folder of the answers. */
  readonly before?: Readonly<Record<string, string>>;
}

/** As the real one would be called: every call is noted, and answered from the files of the stack's folder `fake`. */
const SCRIPT = `#!/bin/sh
root=\${0%/bin/*}
name=\${PWD##*/}
fake=$PWD/fake
for file; do :; done
file=\${file#-out=}
if [ "$1" = version ]; then cat "$root/version.json"; exit; fi
echo "$name $*" >> "$root/calls"
if [ -e "$fake/$1.sh" ]; then . "$fake/$1.sh"; fi
case "$1" in
  init) if [ -e "$fake/lock" ]; then cp "$fake/lock" .terraform.lock.hcl; fi ;;
  state) if [ -e "$fake/state" ]; then cat "$fake/state"; fi ;;
  plan) cp "$fake/plan" "$file" ;;
  show) cat "$fake/show" ;;
esac
exit 0
`;

/** The program that must not be called. */
const OTHER = `#!/bin/sh
echo "not-the-program $*" >> "\${0%/bin/*}/calls"
exit 99
`;

/** A `terraform`, or `tofu`, that takes a millisecond or two: stacks, their answers, and what was asked. */
export class FakeTerraform {
  readonly #root: string;
  readonly program: Program;

  /** @param root an empty folder; `path` goes to the front of `PATH`. */
  constructor(root: string, program: Program = PROGRAMS.terraform) {
    this.#root = root;
    this.program = program;
    mkdirSync(join(root, "bin"), { recursive: true });
    for (const [{ command }, text] of [
      [program, SCRIPT],
      [otherThan(program), OTHER],
    ] as const) {
      writeFileSync(join(root, "bin", command), text);
      chmodSync(join(root, "bin", command), 0o755);
    }
    this.version("1.11.4");
  }

  /** The environment's `PATH` with it in front. */
  get path(): string {
    return `${join(this.#root, "bin")}:${process.env.PATH}`;
  }

  version(terraform_version: string): void {
    writeFileSync(join(this.#root, "version.json"), JSON.stringify({ terraform_version }));
  }

  /** Makes a stack's folder, or changes what is answered in it from now on. */
  stack(given: FakeStack): SynthesizedStack {
    const { name, state, changes = [], lock, before = {}, ...more } = given;
    const folder = join(this.#root, "stacks", name);
    const fake = join(folder, "fake");
    mkdirSync(fake, { recursive: true });
    const { serial = 0, lineage = "lineage", outputs = {} } = state ?? {};
    const text = state ? JSON.stringify({ lineage, serial, outputs, resources: [{}] }) : "";
    writeFileSync(join(fake, "state"), text);
    writeFileSync(join(fake, "plan"), planFile(text));
    writeFileSync(join(fake, "show"), JSON.stringify(planJson(changes)));
    if (lock !== undefined) writeFileSync(join(fake, "lock"), lock);
    for (const [command, lines] of Object.entries(before))
      writeFileSync(join(fake, `${command}.sh`), `${lines}\n`);
    return {
      name,
      folder,
      dependencies: [],
      sensitiveVariables: [],
      requiredVariables: [],
      outputs: [],
      providers: [],
      stateKey: undefined,
      ...more,
    };
  }

  /** What was asked, in order: stack and subcommand, such as `01-kinesis plan`. */
  get calls(): string[] {
    const log = join(this.#root, "calls");
    if (!existsSync(log)) return [];
    return readFileSync(log, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ").slice(0, 2).join(" "));
  }

  /** The same of one subcommand, with all arguments: `01-kinesis apply -input=false …`. */
  callsOf(command: string): string[] {
    const lines = readFileSync(join(this.#root, "calls"), "utf8").split("\n");
    return lines.filter((line) => line.split(" ")[1] === command);
  }

  forgetCalls(): void {
    writeFileSync(join(this.#root, "calls"), "");
  }
}

/** A plan's file as Terraform writes it: an archive with the state that it was made from. */
function planFile(state: string): Uint8Array {
  return zipSync({ tfplan: strToU8("plan"), tfstate: strToU8(state) });
}
