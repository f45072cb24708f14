import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { readArguments } from "../../delivery/core/terraform/hcl.ts";
import { Secrets } from "../../delivery/core/terraform/secrets.ts";
import { isInFiles, variableValue } from "../../delivery/core/terraform/variable-files.ts";

const folder = mkdtempSync(join(tmpdir(), "cali-variable-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => rmSync(join(folder, "terraform.tfvars"), { force: true }));
const write = (text: string) => writeFileSync(join(folder, "terraform.tfvars"), text);
const value = async (text: string) => (await readArguments(text)).get("a")?.value;

describe("a value is what Terraform 1.11.4 takes it for", () => {
  it.each<[string, string, unknown]>([
    ["the mark of the byte order", '\ufeffa = "p"\n', "p"],
    ["lines as Windows ends them", 'a = "p"\r\nb = "q"\r\n', "p"],
    ["no line's end", 'a = "p"', "p"],
    ["comments around it", 'a /* c */ = /* d */ "p" # e\n', "p"],
    ["a comment in front", '/* a = "old"\n*/\n// a = "older"\na = "p"\n', "p"],
    ["escapes", 'a = "q\\"b\\\\c\\t\\u00e9\\U0001F600"\n', 'q"b\\c\té😀'],
    ["what would be templates", 'a = "$${x}%%{y}a$b%c$$d%%e$"\n', "${x}%{y}a$b%c$$d%%e$"],
    ["a template after a dollar", 'a = "a$$${x}"\n', "a$${x}"],
    ["numbers", "a = -1.50\n", -1.5],
    ["a template that says the same whatever happens", 'a = "x${"p"}y"\n', "xpy"],
    ["words", "a = [true, false, null]\n", [true, false, null]],
    ["brackets in comments and texts", 'a = [\n "x", # ]\n "b]2", /* "c" */ "d",\n]\n', ["x", "b]2", "d"]],
    ["commas on lines of their own", 'a = ["x",\n\n# y\n"b"\n,\n]\n', ["x", "b"]],
    [
      "keys of all kinds",
      'a = { "a.b" = 1, true = 2, 3 = 4, c : 5\n d = 6 }\n',
      { "3": 4, "a.b": 1, true: 2, c: 5, d: 6 },
    ],
    ["a heredoc", "a = <<EOT\none\\n\n  two $${x}\nEOT\n", "one\\n\n  two ${x}\n"],
    ["a heredoc as Windows writes it", "a = <<EOT\r\none\r\nEOT\r\n", "one\r\n"],
    ["an indented one", "a = <<-E-T\n    one\n\n      two\n  E-T\n", "one\n\n  two\n"],
    ["an indented one with a line of spaces", "a = <<-E\n    one\n  \n      two\nE\n", "one\n  \n  two\n"],
    ["an indented one of tabs", "a = <<-E\n\t\tone\n\t  two\n\tE\n", "one\n two\n"],
    ["an empty one", "a = <<-E\nE\n", ""],
    ["a heredoc in a list", 'a = [<<E\none\nE\n, "b"]\n', ["one\n", "b"]],
  ])("%s", async (_, text, expected) => {
    expect(await value(text)).toEqual(expected);
  });

  it.each([
    ["a call", 'a = upper("p")\n'],
    ["a template", 'a = "x${upper("p")}y"\n'],
    ["parentheses", 'a = (\n  "p"\n)\n'],
    ["a directive", 'a = "%{ if true }p%{ endif }"\n'],
    ["a condition", 'a = true ? "p" : "q"\n'],
    ["a list that is made", 'a = [\n  for x in ["p"] : "arn:${x}"\n]\n'],
    ["an object that is made", 'a = { for x in ["p"] : x => x }\n'],
    ["an element", 'a = ["p"][0]\n'],
    ["a heredoc with a template", "a = <<E\np ${max(1)}\nE\n"],
  ])("%s is an expression: only its texts are known", async (_, text) => {
    const found = await readArguments(`${text}b = 2\n`);
    expect(found.get("a")?.value).toBeUndefined();
    expect(found.get("a")?.texts.join()).toContain("p");
    expect(found.get("b")).toEqual({ value: 2, texts: [] });
  });

  it.each(['a = "5%${1 + 1}"\n', 'a = "$%{ if true }x%{ endif }"\n', "a = 1 + 1\n"])(
    "of an expression only Terraform can tell it: %j",
    async (text) => {
      expect((await readArguments(text)).has("a")).toBe(true);
      expect(await value(text)).toBeUndefined();
    },
  );

  it.each([
    ["a quoted name", '"a" = "p"\n', 1],
    ["a name twice", 'a = "p"\na = "q"\n', 2],
    ["a text of two lines", 'a = "p\nq"\n', 1],
    ["an unknown escape", 'a = "\\d"\n', 1],
    ["a list without its end", 'a = ["p",\n', 2],
    ["no value", 'a =\n "p"\n', 1],
  ])("%s is refused with its line alone", async (_, text, line) => {
    await expect(readArguments(text)).rejects.toThrow(new SyntaxError(`line ${line}`));
  });
});

describe("a secret", () => {
  const SECRET = "hunter2-secret";
  const redacted = async (text: string, shown = SECRET) => {
    write(text);
    return (await Secrets.ofVariables({}, ["a"], [folder])).redact(`it is ${shown}.`);
  };

  it.each([
    ["behind the mark of the byte order", `\ufeffa = "${SECRET}"\n`],
    ["behind comments", `a /* c */ = /* d */ "${SECRET}"\n`],
    ["in parentheses", `a = ("${SECRET}")\n`],
    ["in an object", `a = {\n  user = "app"\n  nested = { "api-key" : "${SECRET}" }\n}\n`],
    ["in a list", `a = [\n  "x", # ]\n  "${SECRET}",\n]\n`],
    ["in an indented heredoc", `a = <<-E-T\n    ${SECRET}\n      more\n    E-T\n`],
    ["in a heredoc of Windows", `a = <<E\r\n${SECRET}\r\nE\r\n`],
    ["in an expression", `a = true ? "${SECRET}" : "x"\n`],
    ["in a file that Terraform can't read", `b = "x\na = "${SECRET}"\n`],
    ["that is a name there", `"a" = "${SECRET}"\n`],
  ])("%s is taken out", async (_, text) => {
    expect(await redacted(text)).toBe("it is (sensitive).");
  });

  it("that is a number is taken out", async () => {
    expect(await redacted("a = 12345678\n", "12345678")).toBe("it is (sensitive).");
  });

  it("is taken out as its file writes it, which Terraform's errors quote", async () => {
    expect(await redacted('a = "pa\\"ss$${x}"\n', 'pa\\"ss$${x}')).toBe("it is (sensitive).");
  });

  it("in an object or list of the environment is taken out, and what is beside it in JSON", async () => {
    const secrets = await Secrets.ofVariables({ TF_VAR_a: `{password = "${SECRET}", "b": ["tok-99999"]}` }, [
      "a",
    ]);
    expect(secrets.redact(`${SECRET} tok-99999 shown`)).toBe("(sensitive) (sensitive) shown");
  });

  it("in an object leaves the names beside it as they are", async () => {
    write(`a = { password = "${SECRET}" }\n`);
    const secrets = await Secrets.ofVariables({}, ["a"], [folder]);
    expect(secrets.redact(`password: ${SECRET}`)).toBe("password: (sensitive)");
  });

  it.each([
    ["blocks", `key_provider "pbkdf2" "a" {\n  passphrase = "${SECRET}"\n}\n`],
    ["JSON", JSON.stringify({ key_provider: { pbkdf2: { a: { passphrase: SECRET } } } })],
    ["what nobody can read", `{ passphrase = "${SECRET}" ] `],
  ])("of OpenTofu's encryption is taken out of %s", (_, TF_ENCRYPTION) => {
    expect(new Secrets({ TF_ENCRYPTION }).redact(SECRET)).toBe("(sensitive)");
  });

  it("of JSON is taken out of lists and objects", async () => {
    const file = join(folder, "z.auto.tfvars.json");
    writeFileSync(file, JSON.stringify({ "//": "why", a: { b: [{ c: SECRET }] } }));
    expect((await Secrets.ofVariables({}, ["a"], [folder])).redact(SECRET)).toBe("(sensitive)");
    rmSync(file);
  });
});

describe("a variable's value", () => {
  const of = (text: string, name = "a") => {
    write(text);
    return variableValue(folder, name, {});
  };

  it("is text, whatever it is written as, and a list to its end", async () => {
    expect(await of("a = 12\n")).toBe("12");
    expect(await of('a = "new"\n/* a = "old" */\n')).toBe("new");
    expect(await of('a = [\n  "x", # ]\n  true,\n]\n')).toEqual(["x", "true"]);
    expect(await of("a = null\n")).toBeUndefined();
  });

  it("is taken back by a later null, as Terraform does it", async () => {
    write('a = "old"\nb = null\n');
    writeFileSync(join(folder, "z.auto.tfvars"), 'a = null\nb = "new"\n');
    const environment = { TF_VAR_a: "before" };
    expect(await variableValue(folder, "a", environment)).toBeUndefined();
    expect(await variableValue(folder, "b", environment)).toBe("new");
    expect([await isInFiles(folder, "a"), await isInFiles(folder, "b")]).toEqual([false, true]);
    rmSync(join(folder, "z.auto.tfvars"));
  });

  it("that is an expression is refused, and not shown", async () => {
    await expect(of('a = upper("hunter2")\n')).rejects.toThrow(
      /^(?!.*hunter2).*terraform\.tfvars: given an expression for a;/,
    );
  });
});
