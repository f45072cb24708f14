import { formatLine, type LogLine, parseLine, toRecord, validateRecord } from "@cali/log-record";
import { describe, expect, it } from "vitest";
import { CATALOGUE, ERROR_SPECS, repertoire } from "../src/catalogue/catalogue.ts";
import { EXCEPTIONS } from "../src/catalogue/exceptions.ts";
import { type Call, callersOf, ROUTES, SERVICES } from "../src/catalogue/services.ts";
import { compileTemplate, fillTemplate, type StackKind } from "../src/catalogue/template.ts";
import { CatalogueError } from "../src/errors.ts";
import { Random } from "../src/random.ts";
import { stackTrace } from "../src/stacks.ts";

const names = SERVICES.map(({ name }) => name);
const all = [...CATALOGUE.values()].flatMap(({ service, normal, failures, consequences, noise }) =>
  [...new Set([...normal, ...failures, ...consequences, ...noise])].map((template) => ({
    service,
    template,
  })),
);

describe("the catalogue", () => {
  it("knows at least 40 distinct kinds of WARN, ERROR and FATAL with at least 35 known causes", () => {
    expect(new Set(ERROR_SPECS.map(({ name }) => name)).size).toBe(ERROR_SPECS.length);
    expect(new Set(ERROR_SPECS.map(({ text }) => text)).size).toBe(ERROR_SPECS.length);
    expect(ERROR_SPECS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(ERROR_SPECS.map(({ cause }) => cause)).size).toBeGreaterThanOrEqual(35);
    expect(new Set(ERROR_SPECS.map(({ level }) => level))).toEqual(new Set(["WARN", "ERROR", "FATAL"]));
  });

  it("gives every template an id of its own", () => {
    expect(new Set(all.map(({ template }) => template.id)).size).toBe(all.length);
  });

  it("names only services that exist", () => {
    for (const { services = [] } of ERROR_SPECS) expect(names).toEqual(expect.arrayContaining([...services]));
    const visit = ([service, ...calls]: Call): string[] => [service, ...calls.flatMap(visit)];
    const visited = ROUTES.flatMap(({ calls }) => visit(calls));
    expect(new Set(visited)).toEqual(new Set(names));
  });

  it("lets every service work, fail, suffer and complain", () => {
    for (const { normal, failures, consequences, noise } of CATALOGUE.values()) {
      expect(Math.min(normal.length, failures.length, consequences.length, noise.length)).toBeGreaterThan(0);
    }
  });

  it("makes a line of every template that reads back and is a valid record with its error code", () => {
    const random = new Random("catalogue");
    for (const { service, template } of all) {
      const message = fillTemplate(template, random, { service: service.name, upstream: "inventory" });
      expect(message).not.toMatch(/[{}]|undefined/);
      const line: LogLine = {
        level: template.level,
        timestamp: "2026-01-25T01:02:03.456Z",
        service: service.name,
        version: service.versions[0],
        traceId: random.hex(32),
        message,
        stack: template.stack
          ? stackTrace(service.language, template.stack, service.name, message, random)
          : [],
      };
      expect(parseLine(formatLine(line))).toEqual(line);
      const record = toRecord(line, { platform: "eks", environment: "dev", pod_name: "pod-1" });
      expect(validateRecord(record).ok).toBe(true);
      expect(record.error_code).toBe(template.code);
    }
  });

  it("refuses a template with an unknown slot, and an unknown service", () => {
    const spec = { level: "INFO", text: "a {thing}" } as const;
    expect(() => compileTemplate("x.y", spec)).toThrow(CatalogueError);
    expect(() => compileTemplate("x.y", spec)).toThrow(
      "template x.y: given slot {thing}, allowed upstream, ",
    );
    expect(() => repertoire("warehouse")).toThrow("service: given warehouse, allowed gateway, auth");
  });

  it("reads the callers from the routes", () => {
    expect(callersOf("gateway")).toEqual([]);
    expect(callersOf("fraud")).toEqual(["payment"]);
    expect(callersOf("inventory").sort()).toEqual(["cart", "checkout", "gateway"]);
  });
});

describe("stack traces", () => {
  const signs = {
    java: [/^java\.\S+: boom$/, /^\tat com\.shop\.payment\.\w+\.\w+\(\w+\.java:\d+\)$/, /^\tat java\.base/],
    node: [
      /^\w+Error: boom$|^Error: boom$/,
      /^ {4}at async Payment\w+\.\w+ \(\/app\/src\/payment\/\w+\.js:\d+:\d+\)$/,
    ],
    python: [
      /^Traceback \(most recent call last\):$/,
      /^ {2}File "\/app\/payment\/\w+\.py", line \d+, in \w+$/,
      /: boom$/,
    ],
    go: [
      /: boom$/,
      /^goroutine \d+ \[running\]:$/,
      /^\t\/src\/payment\/internal\/\w+\.go:\d+ \+0x[0-9a-f]+$/,
    ],
  } as const;

  it.each(Object.entries(signs))("look like those of %s", (language, patterns) => {
    const kinds = Object.keys(EXCEPTIONS.java) as StackKind[];
    for (const kind of kinds) {
      const lines = stackTrace(language as keyof typeof signs, kind, "payment", "boom", new Random(kind));
      expect(lines.length).toBeGreaterThan(3);
      for (const pattern of patterns) expect(lines.some((line) => pattern.test(line))).toBe(true);
      expect(lines.join("\n")).not.toContain("#");
    }
  });
});
