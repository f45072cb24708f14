import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readVariables } from "../../delivery/commands/switch/variables.ts";

describe("the users' variables", () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-variables-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it("are read as Terraform reads them, and the last goes first", async () => {
    const hcl = file(
      "terraform.tfvars",
      `# comment
project_name = "cali" // another
/* and
   one more */
environment = "old"
aws_region  = null
team_members_arns = [
  "arn:aws:iam::123456789012:user/Mina.K", # who asks
  "arn:aws:iam::123456789012:role/a/b-c_d",
]
text   = <<-EOT
  one
    two
EOT
nodes = "3"
limits = { a = 1, "b.c" = [true, null] }
`,
    );
    const json = file("z.auto.tfvars.json", '{"environment":"Prod","nodes":4}');
    const { variables, values } = await readVariables([hcl, json]);
    expect(variables).toEqual({
      project_name: "cali",
      environment: "Prod",
      team_members_arns: ["arn:aws:iam::123456789012:user/Mina.K", "arn:aws:iam::123456789012:role/a/b-c_d"],
    });
    expect(values).toMatchObject({ text: "one\n  two\n", nodes: 4, limits: { a: 1, "b.c": [true, null] } });
  });

  it("of another type are refused, and no value is shown", async () => {
    const wrong = file("wrong.tfvars", 'team_members_arns = "hunter2"\n');
    await expect(readVariables([wrong])).rejects.toThrow(
      /^(?!.*hunter2).*another type for team_members_arns/,
    );
  });
});
