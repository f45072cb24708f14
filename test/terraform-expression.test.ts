import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, referencesIn } from "../delivery/core/parity/expression.ts";
import { EXPRESSIONS, SCOPE } from "./support/expressions.ts";

const lookup = (path: readonly (string | number)[]) =>
  path.reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], SCOPE);

describe("evaluate", () => {
  it.each(EXPRESSIONS)("%s", (text, expected) => {
    expect(evaluate(text, lookup)).toEqual(expected);
  });

  it.each([
    ["${sha1(var.name)}", "the function sha1 is not understood"],
    ["%{ if true }x%{ endif }", "template directives"],
    ["${var.name", "} was expected"],
    ["${}", "an expression was expected"],
    // Terraform takes no other escape: a pattern's own backslash is written twice.
    ['${replace("a.b", "\\.", "")}', "\\. is no escape sequence"],
  ])("refuses %s", (text, message) => {
    expect(() => evaluate(text, lookup)).toThrow(message);
  });

  it("gives back any text without templates", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/[$%]\{/.test(text)),
        (text) => {
          expect(evaluate(text, lookup)).toBe(text);
        },
      ),
    );
  });

  it("gives back any value through jsonencode", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const encoded = evaluate("${jsonencode(var.any)}", () => value) as string;
        expect(JSON.parse(encoded)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("referencesIn", () => {
  it("finds references at any depth, without indexes", () => {
    const value = {
      a: "${aws_eks_cluster.main.identity[0].oidc[0].issuer}",
      b: ["x-${var.name}", { c: '${replace(aws_x.y.url, "https://", "")}:sub' }],
    };
    expect([...referencesIn(value)].sort()).toEqual([
      "aws_eks_cluster.main.identity.oidc.issuer",
      "aws_x.y.url",
      "var.name",
    ]);
  });
});
