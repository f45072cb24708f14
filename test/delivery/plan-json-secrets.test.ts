import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparePlans } from "../../delivery/core/plan-json/compare.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";
import { inline, lines } from "../../delivery/core/plan-json/text.ts";
import { differencesOf, rendered } from "../support/differences.ts";
import { change, makePlan, planJson } from "../support/plans.ts";

const SECRET = "hunter2-of-a-data-source";
const OBJECT = {
  address: "x.y",
  values: { list: [{ p: SECRET }] },
  sensitive_values: { list: [{ p: true }] },
};

describe("secrets", () => {
  const secret = "hunter2-hunter2";

  it("are found where Terraform doesn't mark them: in documents, drift, outputs, other resources", () => {
    const { configuration: _, ...rest } = planJson([
      { actions: ["create"], after: { password: secret }, afterSensitive: { password: true } },
      { address: "aws_x.y", actions: ["update"], before: { note: "-" }, after: { note: `pw=${secret}` } },
      {
        address: "aws_x.z",
        actions: ["create"],
        after: { policy: JSON.stringify({ deep: [{ key: secret }] }) },
      },
    ]);
    const plan = parsePlan(
      JSON.stringify({
        ...rest,
        resource_drift: [
          change({ address: "aws_x.y", actions: ["update"], before: { note: secret }, after: { note: "-" } }),
        ],
        output_changes: {
          url: {
            actions: ["create"],
            before: null,
            after: secret,
            before_sensitive: false,
            after_sensitive: false,
          },
        },
      }),
      "plan.json",
    );
    const shown = [
      ...plan.resources.flatMap(({ differences }) => rendered(differences)),
      ...plan.drift.flatMap(({ differences }) => rendered(differences)),
      ...plan.outputs.map(({ after }) => inline(after)),
    ];
    expect(shown.join("\n")).not.toContain("hunter2");
    expect(shown.filter((text) => text.includes("(sensitive)"))).toHaveLength(5);
  });

  it.each<[string, object]>([
    [
      "a data source that was read",
      { prior_state: { values: { root_module: { resources: [OBJECT], child_modules: [] } } } },
    ],
    [
      "an object of a module in a module",
      {
        prior_state: {
          values: { root_module: { child_modules: [{ child_modules: [{ resources: [OBJECT] }] }] } },
        },
      },
    ],
    ["an object that is planned", { planned_values: { root_module: { resources: [OBJECT] } } }],
    ["an output", { planned_values: { outputs: { p: { sensitive: true, value: [SECRET] } } } }],
    [
      "an output that was",
      { prior_state: { values: { outputs: { p: { sensitive: true, value: SECRET } } } } },
    ],
    [
      "a default",
      { configuration: { root_module: { variables: { p: { sensitive: true, default: SECRET } } } } },
    ],
    [
      "what a module is called with",
      {
        configuration: {
          root_module: {
            module_calls: {
              m: {
                expressions: { p: { constant_value: SECRET }, q: [{ references: ["var.q"] }] },
                module: { variables: { p: { sensitive: true } } },
              },
            },
          },
        },
      },
    ],
  ])("are known from %s", (_, more) => {
    const plan = planJson([{ actions: ["create"], after: { note: SECRET } }]);
    const { resources } = parsePlan(JSON.stringify({ ...plan, ...more }), "plan.json");
    expect(inline(resources[0]?.after)).toBe('{ "note": (sensitive) }');
  });

  it.each([
    ["an address", "https://u:p%40ss%2fw'o+%3cr%3e@h"],
    ["an address in an address", "next=https%253A%252F%252Fu%253Ap%2540ss%252Fw'o%2520%253Cr%253E"],
    ["HTML", "<b>p@ss/w&#39;o &lt;r&gt;</b>"],
  ])("are found in %s", (_, note) => {
    const password = "p@ss/w'o <r>";
    const plan = makePlan([
      { actions: ["create"], after: { password }, afterSensitive: { password: true } },
      { address: "aws_x.y", actions: ["create"], after: { note } },
    ]);
    expect(inline(plan.resources[1]?.after)).toBe('{ "note": (sensitive) }');
  });

  it("of variables are not shown either, and masks of lists and maps hold", () => {
    const plan = makePlan(
      [
        {
          actions: ["update"],
          before: { a: ["open", "closed-1"], m: { k: "closed-2" } },
          after: { a: ["open", "closed-3"], m: { k: secret } },
          beforeSensitive: { a: [false, true], m: { k: true } },
          afterSensitive: { a: [false, true] },
        },
      ],
      {
        variables: { token: { value: secret } },
        configuration: { root_module: { variables: { token: { sensitive: true } } } },
      },
    );
    const shown = differencesOf(plan, "aws_kinesis_stream.logs");
    expect(shown).toEqual([
      "a[1]: (sensitive) -> null",
      "a[1]: null -> (sensitive)",
      "m.k: (sensitive) -> (sensitive)",
    ]);
  });

  it("never come out, wherever the mask and the value are", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), (value, inDocument) => {
        const after = {
          hidden: { value, secret },
          shown: inDocument ? JSON.stringify({ secret }) : [secret],
        };
        const plan = makePlan([
          { actions: ["update"], before: {}, after, afterSensitive: { hidden: { secret: true } } },
        ]);
        expect(differencesOf(plan, "aws_kinesis_stream.logs").join()).not.toContain(secret);
      }),
      { numRuns: 100 },
    );
  });
});

describe("secrets in other forms", () => {
  const secret = 'pa55<w0rd>&"made up"';
  const pem = `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkq".repeat(4)}\n${"hkiG9w0BAQEFAASC".repeat(4)}\n-----END PRIVATE KEY-----\n`;
  const shownOf = (hidden: unknown, after: unknown) =>
    lines(
      makePlan([
        { actions: ["create"], after: { hidden }, afterSensitive: { hidden: true } },
        { address: "aws_x.y", actions: ["create"], after: { after } },
      ]).resources[1]?.after,
    ).join("\n");

  it.each<[string, unknown, unknown]>([
    ["a map's key", secret, { [secret]: "open", other: 1 }],
    ["trimmed", ` ${secret}\n`, secret],
    ["JSON in JSON", secret, JSON.stringify({ a: JSON.stringify({ b: secret }) })],
    [
      "JSON as Terraform escapes it",
      secret,
      `say ${JSON.stringify(secret).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)}`,
    ],
    ["an address", secret, `https://example.com/?q=${encodeURIComponent(secret)}`],
    ["Base64", secret, Buffer.from(secret).toString("base64")],
    [
      "Base64 of more, at any place",
      secret,
      ["", "u", "us", "use"].map((user) => `Basic ${Buffer.from(`${user}:${secret}:x`).toString("base64")}`),
    ],
    [
      "Base64 in JSON in Base64",
      secret,
      Buffer.from(JSON.stringify({ auth: Buffer.from(`me:${secret}`).toString("base64") })).toString(
        "base64",
      ),
    ],
    ["decoded from Base64", Buffer.from(secret).toString("base64"), secret],
    ["an indented PEM", pem, `key: |\n  ${pem.trim().replaceAll("\n", "\n  ")}\nother: 1\n`],
    ["a PEM on one line", pem, `KEY="${pem.replaceAll("\n", "\\n")}"`],
    ["a line of a PEM", pem, `begins with ${"MIIEvQIBADANBgkq".repeat(4)}`],
    ["a number", 83_514_207, { pin: 83_514_207 }],
    ["a number that JavaScript rounds", "90071992547409931", [{ id: "x-90071992547409931" }]],
    ["a password of a secret document", JSON.stringify({ user: "postgres", password: secret }), secret],
  ])("are found: %s", (_, hidden, after) => {
    const shown = shownOf(hidden, after);
    expect(shown).toContain("(sensitive)");
    expect(shown).not.toMatch(/pa55|MIIEvQ|hkiG9w|83514207|83_514|9007199|cGE1N/);
  });

  it("hide nothing else", () => {
    const open = {
      engine: "postgres",
      short: "abcde",
      text: "a text of several\nlines: all\nopen\n",
      big: 12,
    };
    expect(shownOf(JSON.stringify({ user: "postgres", password: secret }), open)).not.toContain(
      "(sensitive)",
    );
    expect(shownOf("abcde", open)).not.toContain("(sensitive)");
  });

  it("in a for_each key distinguish two objects, and aren't shown", () => {
    const plan = (key: string) =>
      makePlan([
        { actions: ["create"], after: { hidden: key }, afterSensitive: { hidden: true } },
        { address: `aws_x.y["${key}"]`, actions: ["create"], after: { a: 1 } },
      ]);
    expect(plan("secret-key-1").resources[1]?.address).toBe('aws_x.y["(sensitive)"]');
    const [first] = comparePlans(plan("secret-key-1"), plan("secret-key-2")).filter(({ what }) =>
      what.startsWith("aws_x"),
    );
    expect(first?.what).toContain('aws_x.y["(sensitive)"]');
    expect(JSON.stringify(first)).not.toContain("secret-key");
  });
});
