import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@cali/settings";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CONFIG_FOLDER,
  configJsonSchema,
  environmentFiles,
  loadConfig,
  parseConfig,
  parseConfigText,
} from "../../config/load.ts";

import { dev, devText, problemsOf } from "../support/config.ts";

describe("loadConfig", () => {
  it.each(environmentFiles())("reads config/%s.yaml", (env) => {
    expect(loadConfig({ env }).project).toBe("cali");
  });

  it("has dev, prod and terraform-users", () => {
    expect(environmentFiles()).toEqual(expect.arrayContaining(["dev", "prod", "terraform-users"]));
  });

  it.each(environmentFiles())("config/%s.yaml names no address that only a test has", (env) => {
    expect(readFileSync(join(CONFIG_FOLDER, `${env}.yaml`), "utf8")).not.toMatch(
      /localhost|127\.0\.0\.1|\[::1\]|\bexample\.(com|org|net)|moto|localstack/i,
    );
  });

  it("takes the environment from CALI_ENV, and dev without it", () => {
    const before = process.env.CALI_ENV;
    try {
      process.env.CALI_ENV = "prod";
      expect(loadConfig().environment).toBe("prod");
      delete process.env.CALI_ENV;
      expect(loadConfig().environment).toBe("dev");
    } finally {
      if (before === undefined) delete process.env.CALI_ENV;
      else process.env.CALI_ENV = before;
    }
  });

  it.each(["staging", "../dev", "dev.yaml"])("refuses the environment %s, naming those there are", (env) => {
    const [problem] = problemsOf(() => loadConfig({ env }));
    expect(problem).toMatchObject({ key: "CALI_ENV", given: JSON.stringify(env) });
    expect(problem?.allowed).toContain("dev, prod, terraform-users");
  });
});

describe("files beside each other", () => {
  const write = (files: Record<string, string>) => {
    const folder = mkdtempSync(join(tmpdir(), "cali-config-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.yaml`), text);
    return folder;
  };
  const usersText = readFileSync(join(CONFIG_FOLDER, "terraform-users.yaml"), "utf8");
  const problems = (files: Record<string, string>, env: string) => {
    const folder = write(files);
    try {
      return problemsOf(() => loadConfig({ env, folder }));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const staging = devText.replace("environment: dev", "environment: staging");

  it("are refused when one in layout stacks is a copy that still says where it came from", () => {
    expect(problems({ dev: devText, staging: devText }, "staging")).toEqual([
      {
        key: "environment",
        line: devText.split("\n").indexOf("environment: dev") + 1,
        given: '"dev"',
        allowed: "staging, as the file is called",
      },
      expect.objectContaining({ key: "state.bucket" }),
    ]);
    expect(problems({ dev: devText, staging }, "staging")).toEqual([]);
  });

  it("may be called anything in layout shared, whose environment is a tag", () => {
    expect(problems({ ours: usersText }, "ours")).toEqual([]);
  });

  it.each<[string, Record<string, string>, string, string]>([
    ["shared and shared", { a: usersText, b: usersText }, "b", "config/a.yaml"],
    [
      "stacks and stacks",
      { dev: devText, staging: `${staging}\nstate: { bucket: cali-dev-terraform-state }\n` },
      "staging",
      "config/dev.yaml",
    ],
    [
      "stacks and shared, whose stacks in the cluster have the same keys",
      { users: usersText, staging: `${staging}\nstate: { bucket: cali-terraform-state }\n` },
      "staging",
      "config/users.yaml",
    ],
    [
      "shared with another key, by the same stacks in the cluster",
      { a: usersText, b: usersText.replace("infra/terraform.tfstate", "other/terraform.tfstate") },
      "a",
      "config/b.yaml",
    ],
  ])("are refused when they share a bucket: %s", (_, files, env, other) => {
    const [problem] = problems(files, env);
    expect(problem).toMatchObject({ key: "state.bucket", line: expect.any(Number) });
    expect(problem?.given).toContain(other);
    expect(problem?.allowed).toContain(`config/${env}.yaml and ${other}`);
  });

  it("may share one when a file says whose place it takes, and only with that one", () => {
    const files = { users: usersText, ours: `${usersText}\ninsteadOf: users\n` };
    expect(problems(files, "ours")).toEqual([]);
    expect(problems(files, "users")).toEqual([]);
    const [problem, ...more] = problems({ ...files, third: usersText }, "ours");
    expect(problem?.given).toContain("config/third.yaml");
    expect(more).toEqual([]);
  });

  it("don't keep each other from loading when one is broken", () => {
    expect(problems({ dev: devText, other: "environment: [\n", third: "region: mars\n" }, "dev")).toEqual([]);
  });
});

describe("parseConfigText", () => {
  it("reports unknown keys, bad ranges and contradictions together, each at its line", () => {
    const text = [
      "environment: dev",
      "region: ap-northeast-2",
      "workloadIdentity: irsa",
      "stream:",
      "  shards: 0",
      "  shard: 2",
      "bucket:",
      "  lifecycle: [{ id: a, prefix: raw/, expireAfterDays: 7 }]",
    ].join("\n");
    const problems = problemsOf(() => parseConfigText(text, "config/x.yaml"));
    expect(problems.map(({ key, line }) => [key, line])).toEqual([
      ["stream.shards", 5],
      ["stream.shard", 6],
      ["workloadIdentity", 3],
    ]);
    expect(problems[0]).toMatchObject({
      given: "0",
      allowed: expect.stringMatching(/^a number of at least 1 \(.*One shard takes/),
    });
    expect(problems[1]?.allowed).toBe('encryption, mode, retentionHours, shards; did you mean "shards"?');
    expect(problems[2]?.allowed).toMatch(/cycle across states/);
  });

  it("says file, line, key, given and allowed in its message", () => {
    expect(() => parseConfigText(devText.replace("shards: 1", "shards: many"), "config/dev.yaml")).toThrow(
      /^config\/dev\.yaml has 1 problem:\n {2}config\/dev\.yaml:\d+: stream\.shards: given "many"; allowed: /,
    );
  });

  it("names what is missing", () => {
    expect(problemsOf(() => parseConfigText("environment: dev\n", "config/x.yaml"))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: "region", given: "nothing" }),
        expect.objectContaining({ key: "bucket", given: "nothing" }),
      ]),
    );
  });

  it("cuts what was given short", () => {
    const [problem] = problemsOf(() => parseConfig({ ...dev(), region: "x".repeat(5000) }, "config/x.yaml"));
    expect(problem?.given.length).toBeLessThan(100);
  });
});

describe("any value", () => {
  it("is validated or refused with a ConfigError, never anything else", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(...Object.keys(configJsonSchema().properties ?? {})),
        (value, key) => {
          for (const config of [value, { ...dev(), [key]: value }]) {
            try {
              parseConfig(config, "config/x.yaml");
            } catch (error) {
              expect(error).toBeInstanceOf(ConfigError);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("config/schema.json", () => {
  it("is what `npm run config:schema` writes", () => {
    expect(JSON.parse(readFileSync(join(CONFIG_FOLDER, "schema.json"), "utf8"))).toEqual(
      JSON.parse(JSON.stringify(configJsonSchema())),
    );
  });

  it("describes every key of every section", () => {
    const undocumented: string[] = [];
    // biome-ignore lint/suspicious/noExplicitAny: a JSON Schema is walked by hand.
    const walk = (node: any, path: string) => {
      // biome-ignore lint/suspicious/noExplicitAny: tests break single keys of the parsed file.
      for (const [key, child] of Object.entries<any>(node?.properties ?? {})) {
        const choices = [child, ...(child.anyOf ?? []), ...(child.oneOf ?? [])];
        const leaf = choices.every((choice) => !choice.properties && !choice.items?.properties);
        if (leaf && !child.description && !("const" in child)) undocumented.push(`${path}${key}`);
        for (const choice of choices) {
          walk(choice, `${path}${key}.`);
          walk(choice.items, `${path}${key}[].`);
        }
      }
    };
    walk(configJsonSchema(), "");
    expect(undocumented).toEqual([]);
  });
});
