import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentFiles, loadConfig, parseConfig } from "../config/load.ts";
import { NAMESPACES, Names, PLAIN_SERVICE_ACCOUNTS, SERVICE_ACCOUNTS } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { buildApp } from "../main.ts";
import { FILES } from "./support/documents.ts";
import { ROOT } from "./support/run.ts";
import { type Resource, resourcesOf, type Synthesized } from "./support/synth.ts";

/** Every physical name is made in `config/names.ts`: what it gives is written down while the stacks are made, and compared. */

/** Arguments that name something: `name`, `bucket`, `alarm_name`, … Blocks inside are not looked at. */
const NAMES = /(^|_)(name|bucket|identifier)$/;
/** A name that AWS gave, or that only has to be unique within its parent. */
const NOT_OURS = new Set([
  "aws_eks_addon addon_name",
  "aws_cloudwatch_log_stream name",
  "aws_cloudwatch_metric_alarm metric_name",
  "aws_iam_role_policy name",
]);
/** The name of another resource. */
const REFERENCE = /^\$\{[^}]+\}$/;

const made = new Set<string>();
const originals = Object.getOwnPropertyDescriptors(Names.prototype);

beforeAll(() => {
  const note = (value: unknown) => {
    if (typeof value === "string") made.add(value);
    return value;
  };
  for (const [key, { get, value }] of Object.entries(originals)) {
    if (["constructor", "prefix", "environment", "region", "account"].includes(key)) continue;
    Object.defineProperty(Names.prototype, key, {
      configurable: true,
      ...(get
        ? {
            get: function (this: Names) {
              return note(get.call(this));
            },
          }
        : {
            value: function (this: Names, ...args: unknown[]) {
              return note(value.apply(this, args));
            },
          }),
    });
  }
});
afterAll(() => Object.defineProperties(Names.prototype, originals));

function resources(config: Config): Resource[] {
  const outdir = mkdtempSync(join(tmpdir(), "cali-names-"));
  try {
    buildApp(config, { outdir }).synth();
    const stacks = Object.fromEntries(
      readdirSync(join(outdir, "stacks")).map((name) => [
        name,
        JSON.parse(readFileSync(join(outdir, "stacks", name, "cdk.tf.json"), "utf8")),
      ]),
    ) as Synthesized["stacks"];
    return resourcesOf({ stacks, manifest: { stacks: {} } });
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Names that were given nowhere in `config/names.ts`. */
function foreign(all: readonly Resource[]): string[] {
  const known = [...made].map(
    (name) =>
      new RegExp(
        `^${name
          .split(/\$\{TfToken\[[^\]]+\]\}/)
          .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&"))
          .join("\\$\\{[^}]+\\}")}$`,
      ),
  );
  return all
    .filter(({ type }) => type.startsWith("aws_"))
    .flatMap(({ type, address, body }) =>
      Object.entries(body)
        .filter(
          ([argument, value]) =>
            NAMES.test(argument) &&
            typeof value === "string" &&
            !REFERENCE.test(value) &&
            !NOT_OURS.has(`${type} ${argument}`) &&
            !known.some((name) => name.test(value)),
        )
        .map(([argument, value]) => `${address} ${argument} = ${value}`),
    );
}

describe("physical names", () => {
  it.each(environmentFiles())("of AWS in %s are made in config/names.ts", (env) => {
    const all = resources(loadConfig({ env }));
    expect(foreign(all), "make it in config/names.ts: names.named(…), or an accessor of its own").toEqual([]);
    expect(all.length).toBeGreaterThan(70);
  });

  it("are, with a managed Grafana as well", () => {
    const grafana = { mode: "managed", login: { kind: "identity-center" } };
    expect(
      foreign(resources(parseConfig({ ...loadConfig({ env: "dev" }), grafana }, "dev with Grafana"))),
    ).toEqual([]);
  });

  it.each([
    ["aws_sqs_queue", { name: "cali-dev-made-elsewhere" }],
    ["aws_cloudwatch_metric_alarm", { alarm_name: "billing" }],
    ["aws_s3_bucket", { bucket: "cali-dev-bills-${data.aws_caller_identity.current.account_id}" }],
    ["aws_iam_role", { name: "${var.project_name}-billing-role" }],
  ])("of %s would be found when they are made elsewhere", (type, body) => {
    const resource = { type, name: "billing", address: `${type}.billing`, stack: "14-billing", body };
    expect(foreign([resource])).toHaveLength(1);
  });

  it("of namespaces and service accounts are those of config/names.ts", () => {
    const accounts = Object.values({ ...SERVICE_ACCOUNTS, ...PLAIN_SERVICE_ACCOUNTS }).map(
      ({ namespace, name }) => `${namespace}/${name}`,
    );
    for (const { type, address, body } of resources(loadConfig({ env: "dev" }))) {
      const { name, namespace } = (body.metadata ?? {}) as Record<string, string>;
      if (type === "kubernetes_namespace_v1") expect(NAMESPACES, address).toContain(name);
      if (namespace !== undefined && !REFERENCE.test(namespace))
        expect(NAMESPACES, address).toContain(namespace);
      if (type === "kubernetes_service_account_v1")
        expect(accounts, address).toContain(`${namespace}/${name}`);
    }
  });

  it("are put together nowhere else: only config/ reads the prefix", () => {
    const files = [...FILES].filter((file) => /^(main\.ts|(stacks|constructs)\/.*\.ts)$/.test(file));
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file) => /\bnames\.prefix\b/.test(readFileSync(join(ROOT, file), "utf8")))).toEqual(
      [],
    );
  });
});
