import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StateBackend } from "../../config/state-backend.ts";

/** A stack of Terraform's built-in resource, which needs no provider. */
export interface TestStack {
  readonly name: string;
  readonly dependencies?: readonly string[];
  /** The inputs of its resources, by name. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** Shell command that making the first of them runs. */
  readonly command?: string;
  /** A value whose change replaces the first of them. */
  readonly replacedBy?: string;
  /** Other blocks, as Terraform's JSON has them. */
  readonly blocks?: Readonly<Record<string, unknown>>;
}

/** Writes stacks as a synth does: `manifest.json`, and a `cdk.tf.json` for each with its state in the backend. */
export function writeApplication(outdir: string, backend: StateBackend, stacks: readonly TestStack[]): void {
  const manifest: Record<string, object> = {};
  for (const { name, dependencies = [], values = {}, command, replacedBy, blocks = {} } of stacks) {
    const folder = join(outdir, "stacks", name);
    mkdirSync(folder, { recursive: true });
    manifest[name] = {
      name,
      synthesizedStackPath: `stacks/${name}/cdk.tf.json`,
      workingDirectory: `stacks/${name}`,
      dependencies,
    };
    const provisioner = command && [{ "local-exec": { command } }];
    const resources = Object.entries(values).map(([key, input], place) => [
      key,
      {
        input,
        ...(place === 0 && provisioner && { provisioner }),
        ...(place === 0 && replacedBy !== undefined && { triggers_replace: replacedBy }),
      },
    ]);
    const configuration = {
      terraform: {
        backend: {
          s3: {
            bucket: backend.bucket,
            key: `stacks/${name}/terraform.tfstate`,
            region: backend.region,
            dynamodb_table: backend.lockTable,
            use_lockfile: true,
            use_path_style: true,
          },
        },
      },
      ...(resources.length > 0 && { resource: { terraform_data: Object.fromEntries(resources) } }),
      ...blocks,
    };
    writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(configuration, null, 2));
  }
  writeFileSync(join(outdir, "manifest.json"), JSON.stringify({ version: "0.21.0", stacks: manifest }));
}
