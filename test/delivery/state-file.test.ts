import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { divided } from "../../delivery/commands/adopt/move.ts";
import { forgotten } from "../../delivery/commands/switch/foreign.ts";
import { parseStateFile, readStateFile } from "../../delivery/core/terraform/state-file.ts";
import type { JsonObject } from "../support/synth.ts";

const AWS = 'provider["registry.opentofu.org/hashicorp/aws"]';
const stream = (more: JsonObject = {}): JsonObject => ({
  ...{ mode: "managed", type: "aws_kinesis_stream", name: "logs", provider: AWS },
  instances: [{ schema_version: 1, attributes: { name: "acme-logs-stream" } }],
  ...more,
});
const state = (more: JsonObject = {}): JsonObject => ({
  ...{ version: 4, terraform_version: "1.10.6", serial: 3, lineage: "a" },
  ...{ outputs: {}, resources: [stream()], check_results: null },
  ...more,
});
const read = (given: JsonObject) => parseStateFile(JSON.stringify(given), "x");

describe("a state", () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-state-file-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const TEXT = JSON.stringify(state(), undefined, 2);

  it.each<[string, string | Buffer]>([
    ["with the mark of the byte order", `\ufeff${TEXT}`],
    ["as Windows PowerShell writes it", Buffer.from(`\ufeff${TEXT}`, "utf16le")],
    ["with lines as Windows ends them", TEXT.replaceAll("\n", "\r\n")],
    [
      "between what setup-terraform's wrapper says",
      `[command]/home/runner/terraform-bin state pull\n${TEXT}\n::debug::stdout: ${JSON.stringify(TEXT)}\n`,
    ],
    [
      "in one line of the wrapper",
      `[command]terraform-bin state pull\n${JSON.stringify(state())}\n::debug::{}\n`,
    ],
  ])("%s is read", (_, text) => {
    const file = join(folder, "terraform.tfstate");
    writeFileSync(file, text);
    expect(divided(readStateFile(file)).objects).toMatchObject([{ id: "acme-logs-stream" }]);
  });

  it("may leave out what Terraform reads as nothing", () => {
    expect(read({ version: 4, serial: 0, lineage: "a" })).toMatchObject({ outputs: {}, resources: [] });
    expect(read(state({ outputs: null, resources: null }))).toMatchObject({ outputs: {}, resources: [] });
  });

  it("may have objects of which nothing is known", () => {
    const unknown: JsonObject[] = [
      { schema_version: 0, status: "tainted" },
      { status: "tainted", attributes: null, sensitive_attributes: null },
      { schema_version: 0, attributes_flat: { "tags.%": "0" } },
    ];
    for (const instance of unknown) {
      const resources = [stream(), { ...stream({ type: "null_resource" }), instances: [instance] }];
      expect(divided(read(state({ resources }))).staying).toEqual(["null_resource.logs"]);
    }
    expect(() =>
      divided(read(state({ resources: [stream({ instances: [{ status: "tainted" }] })] }))),
    ).toThrow("aws_kinesis_stream.logs is tainted");
  });

  it.each<[string, JsonObject]>([
    ["a state of format 3", { version: 3, serial: 1, lineage: "a", modules: [] }],
    ["a state of format 5", state({ version: 5 })],
    ["a state that OpenTofu has encrypted", { serial: 1, lineage: "a", meta: {}, encrypted_data: "eA==" }],
    [
      "what terraform init keeps of its backend",
      { version: 3, serial: 1, lineage: "a", backend: {}, modules: [] },
    ],
    ["a plan", { format_version: "1.2", planned_values: {} }],
    ["a state as terraform show -json prints it", { format_version: "1.0", values: {} }],
    [
      "no Terraform state (resources.0.mode is not as format 4 has it)",
      state({ resources: [stream({ mode: "x" })] }),
    ],
  ])("that is %s is refused as what it is", (what, given) => {
    expect(() => read(given)).toThrow(
      `x: given ${what}; allowed: what \`terraform state pull\` or \`tofu state pull\` prints`,
    );
  });
});

describe("a provider with keys, which OpenTofu has", () => {
  const instances = (alias: string) => [
    { schema_version: 1, provider: `${AWS}${alias}`, attributes: { name: "acme-logs-stream" } },
  ];
  const withAlias = (type: string) =>
    read(state({ resources: [stream({ type, provider: "", instances: instances('.eu["a.b"]') })] }));

  it("is that of the object, which the stacks don't have", () => {
    const root = read(state({ resources: [stream({ provider: "", instances: instances("") })] }));
    expect(root.resources[0]?.provider).toBe(AWS);
    expect(divided(root).objects).toHaveLength(1);
    expect(() => divided(withAlias("aws_kinesis_stream"))).toThrow(
      "aws_kinesis_stream.logs has the provider eu;",
    );
  });

  it("comes along with what is forgotten", () => {
    const root = { terraform: { required_providers: { aws: { source: "hashicorp/aws" } } } };
    const { patch, left } = forgotten(withAlias("aws_sqs_queue").resources, root as never);
    expect(left).toEqual([]);
    expect(patch).toMatchObject({
      provider: { aws: [{ alias: "eu" }] },
      removed: [{ from: "aws_sqs_queue.logs", lifecycle: { destroy: false } }],
    });
  });
});
