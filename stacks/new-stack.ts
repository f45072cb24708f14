import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { DERIVED_FILES } from "./derived.ts";
import { STACKS, type StackEntry } from "./registry.ts";

/**
 * `npm run new:stack -- billing --tier aws [--makes "the bills of each day"]`: writes the next stack with a first resource, its
 * row in the registry, its place in main.ts and its test, and brings what is derived from the registry up to date.
 */

const TIERS = ["aws", "cluster"] as const;
const HIGHEST = 99;

interface NewStack {
  readonly entry: StackEntry;
  /** Class name, such as `Billing`. */
  readonly type: string;
  /** HCL name, such as `daily_bills`. */
  readonly hclName: string;
  readonly name: string;
}

/** @throws RangeError with what was given and what is allowed */
export function newStack(args: readonly string[]): NewStack {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { tier: { type: "string" }, makes: { type: "string" } },
  });
  const [name = "", ...more] = positionals;
  if (more.length > 0 || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new RangeError(
      `given ${positionals.join(" ") || "no name"}; allowed: one name, lower-case words joined by dashes, such as billing`,
    );
  }
  const taken = STACKS.find(({ id }) => id.slice(3) === name);
  if (taken) throw new RangeError(`given ${name}; allowed: a name that is not taken, as by ${taken.id}`);
  const tier = TIERS.find((one) => one === values.tier);
  if (!tier) throw new RangeError(`--tier: given ${values.tier ?? "nothing"}; allowed: ${TIERS.join(", ")}`);
  const makes = values.makes ?? `what ${name} needs`;
  if (/[|`\n"$\\]/.test(makes)) throw new RangeError(`--makes: given ${makes}; allowed: plain words`);
  const number = Math.max(...STACKS.map(({ id }) => Number(id.slice(0, 2)))) + 1;
  if (number > HIGHEST) throw new RangeError(`there are stacks up to ${HIGHEST}; none is left`);
  const words = name.split("-").map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  const type = words.join("");
  return {
    entry: {
      id: `${String(number).padStart(2, "0")}-${name}`,
      tier,
      makes,
      needs: tier === "aws" ? [] : ["05-eks", "08-cluster"],
      rights: tier === "aws" ? ["logs:*"] : [],
    },
    type,
    hclName: name.replaceAll("-", "_"),
    name,
  };
}

const AWS_STACK = ({
  entry,
  type,
  hclName,
  name,
}: NewStack) => `import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import { withLogicalId } from "../constructs/logical-id.ts";

export interface ${type}Props {
  readonly names: Names;
}

/** ${entry.id.slice(0, 2)}: ${entry.makes}. */
export class ${type} extends Construct {
  constructor(scope: Construct, id: string, { names }: ${type}Props) {
    super(scope, id);
    withLogicalId(
      new CloudwatchLogGroup(this, "Logs", { name: names.named("${name}"), retentionInDays: 30 }),
      "${hclName}",
    );
  }
}
`;

const CLUSTER_STACK = ({
  entry,
  type,
  hclName,
  name,
}: NewStack) => `import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1/index.js";
import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import { ClusterLogin } from "../constructs/cluster-login.ts";
import type { Handle } from "../constructs/handle.ts";
import { withLogicalId } from "../constructs/logical-id.ts";

export interface ${type}Props {
  readonly names: Names;
  readonly clusterName: Handle;
  /** The namespace \`cali\`. */
  readonly namespace: Handle;
}

/** ${entry.id.slice(0, 2)}: ${entry.makes}. */
export class ${type} extends Construct {
  constructor(scope: Construct, id: string, { names, clusterName, namespace }: ${type}Props) {
    super(scope, id);
    new ClusterLogin(this, "ClusterLogin", {
      clusterName: clusterName.valueFor(this, names),
      region: names.region,
    });
    withLogicalId(
      new ConfigMapV1(this, "Settings", {
        metadata: { name: "${name}", namespace: namespace.valueFor(this, names) },
        data: { environment: names.environment },
      }),
      "${hclName}",
    );
  }
}
`;

const TEST = ({ entry, hclName }: NewStack) => `import { expect, it } from "vitest";
import { environmentFiles } from "../../config/load.ts";
import { synthesizeEnvironment } from "../support/synth.ts";

it.each(environmentFiles())("${entry.id} has a state of its own in %s, with its first resource", (env) => {
  const stack = synthesizeEnvironment(env).stacks["${entry.id}"];
  expect(stack?.terraform.backend.s3.key).toBe("stacks/${entry.id}/terraform.tfstate");
  expect(stack?.resource?.${entry.tier === "aws" ? "aws_cloudwatch_log_group" : "kubernetes_config_map_v1"}).toHaveProperty("${hclName}");
});
`;

/** The files that a new stack changes, by their path, each with its new text. @param read gives the text of a file that exists */
export function filesOf(stack: NewStack, read: (path: string) => string): Record<string, string> {
  const { entry, type } = stack;
  const { id, tier, makes, needs, rights } = entry;
  const list = (values: readonly string[]) => `[${values.map((value) => `"${value}"`).join(", ")}]`;
  const row = `  {\n    id: "${id}",\n    tier: "${tier}",\n    makes: "${makes}",\n    needs: ${list(needs)},\n    rights: ${list(rights)},\n  },\n`;
  const props =
    tier === "aws"
      ? "{}"
      : `{\n    clusterName: eks.clusterName,\n    namespace: cluster.namespace("cali"),\n  }`;
  const place = `  make("${id}", ${type}, "${type}", ${props});\n\n`;
  const stacks = [...STACKS, entry];
  const derived = Object.entries(DERIVED_FILES).map(([path, derive]) => [path, derive(read(path), stacks)]);
  return {
    [`stacks/${id}.ts`]: tier === "aws" ? AWS_STACK(stack) : CLUSTER_STACK(stack),
    [`test/stacks/${id}.test.ts`]: TEST(stack),
    "stacks/registry.ts": insert(read("stacks/registry.ts"), "] as const satisfies", row),
    "main.ts": insert(
      insert(read("main.ts"), "import { checkFit", `import { ${type} } from "./stacks/${id}.ts";\n`),
      "  return app;",
      place,
    ),
    ...Object.fromEntries(derived),
  };
}

/** @throws RangeError when the text has no such place */
function insert(text: string, before: string, what: string): string {
  const at = text.indexOf(before);
  if (at < 0) throw new RangeError(`no place that begins with ${before}`);
  return text.slice(0, at) + what + text.slice(at);
}

function main(): void {
  const root = join(import.meta.dirname, "..");
  const files = filesOf(newStack(process.argv.slice(2)), (path) => readFileSync(join(root, path), "utf8"));
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(path);
  }
  console.log("Next: npm run format && npm run synth && npm test");
}

if (import.meta.filename === process.argv[1]) {
  try {
    main();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
