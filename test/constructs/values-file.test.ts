import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@cali/settings";
import { Ajv } from "ajv";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { chartValues, type Values } from "../../constructs/values-file.ts";
import { keysOf } from "../../helm-values/write-keys.ts";
import { ROOT } from "../support/run.ts";

const METRICS = { chart: "metrics-server", version: "3.13.1" };
const AIRFLOW = { chart: "airflow", version: "1.22.0" };

const made: string[] = [];
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** A values file in the checkout, where the reader looks. */
function file(text: string): string {
  const name = `.cali/values-${randomUUID()}.yaml`;
  mkdirSync(join(ROOT, ".cali"), { recursive: true });
  writeFileSync(join(ROOT, name), text);
  made.push(join(ROOT, name));
  return name;
}

function refusal(read: () => unknown): ConfigError {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

describe("a values file", () => {
  it.each([
    ["an unknown key", METRICS, "replicas: 1\nreplica: 2\n", 2, "replica: given an unknown key"],
    [
      "an unknown key inside",
      METRICS,
      "image:\n  tag: v1\n  tagg: v2\n",
      3,
      "image.tagg: given an unknown key; allowed: repository, tag, pullPolicy",
    ],
    [
      "another type",
      METRICS,
      "rbac:\n  create: maybe\n",
      2,
      'rbac.create: given "maybe"; allowed: true or false',
    ],
    [
      "a mistyped key of a chart with a schema",
      AIRFLOW,
      "scheduler:\n  replicaz: 1\n",
      2,
      "scheduler.replicaz: given an unknown key",
    ],
    [
      "a value that the schema doesn't have",
      AIRFLOW,
      "images:\n  airflow: { pullPolicy: Sometimes }\n",
      2,
      'given "Sometimes"; allowed: "Always", "Never", "IfNotPresent"',
    ],
    ["a key twice", METRICS, "replicas: 1\nreplicas: 2\n", 2, "allowed: YAML with each key once"],
  ])("is refused with %s, at its line", (_, chart, text, line, message) => {
    const path = file(text);
    const error = refusal(() => chartValues(chart, path));
    expect(error.message).toContain(`${path}:${line}: `);
    expect(error.message).toContain(message);
  });

  it("may set any key where Kubernetes decides", () => {
    const values = { nodeSelector: { any: "thing" }, podAnnotations: { "a/b": "c" } };
    expect(chartValues(METRICS, file(JSON.stringify(values)))).toEqual(values);
  });

  it("lists all its problems at once", () => {
    expect(refusal(() => chartValues(METRICS, file("a: 1\nb: 2\n"))).problems).toHaveLength(2);
  });

  it("is distinguished from what a stack injects", () => {
    const error = refusal(() => chartValues(METRICS, file("replicas: 1\n"), { replicaz: 2 }));
    expect(error.message).toContain("replicaz (injected by the stack): given an unknown key");
  });

  it("needs the keys of the chart's very version", () => {
    const error = refusal(() => chartValues({ ...METRICS, version: "9.9.9" }, file("replicas: 1\n")));
    expect(error.message).toContain("npm run charts:keys");
  });

  it("gives way to what is injected, map by map", () => {
    const path = file("image: { tag: a, pullPolicy: Always }\nargs: [a, b]\n");
    expect(chartValues(METRICS, path, { image: { tag: "b" }, args: ["c"] })).toEqual({
      image: { tag: "b", pullPolicy: "Always" },
      args: ["c"],
    });
  });

  it("and any injected map of known keys: what is injected is there, and nothing else is lost", () => {
    const path = file("image: { tag: a }\nnodeSelector: { a: b }\n");
    const map = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.string(), { maxKeys: 4 });
    fc.assert(
      fc.property(map, map, (nodeSelector, podLabels) => {
        const values = chartValues(METRICS, path, { nodeSelector, podLabels });
        expect(values.image).toEqual({ tag: "a" });
        expect(values.nodeSelector).toEqual({ a: "b", ...nodeSelector });
        expect(values.podLabels).toEqual(podLabels);
      }),
      { numRuns: 30 },
    );
  });
});

describe("charts:keys", () => {
  function chart(files: Record<string, string>): string {
    const folder = mkdtempSync(join(tmpdir(), "cali-chart-"));
    made.push(folder);
    mkdirSync(join(folder, "templates"));
    for (const [name, text] of Object.entries({ "Chart.yaml": "name: a\nversion: 1.0.0\n", ...files })) {
      writeFileSync(join(folder, name), text);
    }
    return folder;
  }
  const properties = (schema: Values) => schema.properties as Record<string, Values>;

  it("takes names and types from the defaults, and keys that only the templates read", () => {
    const keys = properties(
      keysOf(
        chart({
          "values.yaml": "on: true\nport: 80\nimage: { tag: x }\nlist: []\nnodeSelector: { a: b }\n",
          "templates/a.yaml": "{{ .Values.image.digest }} {{ .Values.hidden }}",
        }),
      ),
    );
    expect(Object.keys(keys).sort()).toEqual([
      "global",
      "hidden",
      "image",
      "list",
      "nodeSelector",
      "on",
      "port",
    ]);
    expect(keys.on).toEqual({ type: ["boolean", "null"] });
    expect(keys.nodeSelector).toEqual({});
    expect(Object.keys(properties(keys.image as Values)).sort()).toEqual(["digest", "tag"]);
    expect(keys.image?.additionalProperties).toBe(false);
  });

  it("leaves maps open that templates print or go through", () => {
    const keys = properties(
      keysOf(
        chart({
          "values.yaml": "printed: { a: 1 }\nlooped: { a: 1 }\na.ini: { b: 1 }\n",
          "templates/a.yaml":
            '{{ toYaml .Values.printed }}{{ range $k, $v := .Values.looped }}{{ end }}{{ index .Values "a.ini" }}',
        }),
      ),
    );
    expect([keys.printed, keys.looped, keys["a.ini"]]).toEqual([{}, {}, {}]);
  });

  it("keeps names and types of a chart's own schema, and none of its words", () => {
    const schema = {
      $schema: "http://json-schema.org/draft-07/schema",
      type: "object",
      additionalProperties: false,
      properties: { a: { type: "string", description: "long words", default: "x", enum: ["x"] } },
    };
    expect(keysOf(chart({ "values.yaml": "", "values.schema.json": JSON.stringify(schema) }))).toEqual({
      type: "object",
      additionalProperties: false,
      properties: { a: { type: "string", enum: ["x"] }, global: {} },
    });
  });
});

const KEYS = join(ROOT, "helm-values/keys");

it.each(readdirSync(KEYS))("%s is a JSON Schema, which the synthesis takes for granted", (name) => {
  const ajv = new Ajv();
  ajv.validateSchema(JSON.parse(readFileSync(join(KEYS, name), "utf8")));
  expect(ajv.errors).toBeNull();
});
