import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ACCESS_TYPES, RULES, SERVICE_RULES } from "../../delivery/core/plan-json/in-place-rules.ts";
import { AWS_PROVIDER, providersFrom, SKIPPED } from "../support/real-aws.ts";
import { missingNames, type Types } from "../support/rule-names.ts";
import { run } from "../support/run.ts";

it.skipIf(!AWS_PROVIDER)(
  `each type and attribute in a rule is one of the real AWS provider's${SKIPPED}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "cali-rules-"));
    const env = { TF_CLI_CONFIG_FILE: join(folder, "terraformrc"), TF_DATA_DIR: join(folder, "data") };
    writeFileSync(env.TF_CLI_CONFIG_FILE, providersFrom());
    const aws = { source: "hashicorp/aws", version: AWS_PROVIDER };
    writeFileSync(
      join(folder, "main.tf.json"),
      JSON.stringify({ terraform: { required_providers: { aws } } }),
    );
    const terraform = async (...args: string[]) => {
      const { code, stdout, stderr } = await run("terraform", args, { cwd: folder, env });
      expect(code, stderr).toBe(0);
      return stdout;
    };
    await terraform("init", "-input=false");
    const { provider_schemas } = JSON.parse(await terraform("providers", "schema", "-json")) as {
      provider_schemas: Record<string, { resource_schemas: Types }>;
    };
    const [{ resource_schemas: types } = { resource_schemas: {} }] = Object.values(provider_schemas);
    expect(Object.keys(types).length).toBeGreaterThan(1_000);
    expect(missingNames([...RULES, ...SERVICE_RULES], types, { knowsAll: true })).toEqual([]);
    const own = [...ACCESS_TYPES].filter((type) => type.startsWith("aws_"));
    expect(own.filter((type) => types[type] === undefined)).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  },
);
