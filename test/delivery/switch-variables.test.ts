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

  it("are text where text is wanted, and a comment of JSON is none", async () => {
    const numbers = file(
      "numbers.tfvars",
      "environment = 12\nproject_name = true\nteam_members_arns = [1]\n",
    );
    const json = file("comment.tfvars.json", '{"//":"why","aws_region":"cn-north-1"}');
    expect(await readVariables([numbers, json])).toEqual({
      variables: {
        environment: "12",
        project_name: "true",
        team_members_arns: ["1"],
        aws_region: "cn-north-1",
      },
      values: { environment: 12, project_name: true, team_members_arns: [1], aws_region: "cn-north-1" },
    });
  });

  it.each([
    [
      "another type",
      "terraform.tfvars",
      'team_members_arns = "hunter2"\n',
      /another type for team_members_arns;/,
    ],
    [
      "an expression",
      "terraform.tfvars",
      'more = upper("hunter2")\n',
      /an expression for more; allowed: values/,
    ],
    ["no HCL", "terraform.tfvars", 'b = 1\n"a" = "hunter2"\n', /no readable variables \(line 2\)/],
    ["no object", "terraform.tfvars.json", '["hunter2"]', /no readable variables \(no object\)/],
    ["no JSON", "terraform.tfvars.json", '{"a":"hunter2",}', /no readable variables \(no JSON\)/],
    ["no file", "absent.tfvars", undefined, /no readable variables \(ENOENT\)/],
  ])("of %s are refused, and no value is shown", async (_, name, text, message) => {
    const path = text === undefined ? join(folder, name) : file(name, text);
    await expect(readVariables([path])).rejects.toThrow(message);
    await expect(readVariables([path])).rejects.not.toThrow(/hunter2/);
  });
});
