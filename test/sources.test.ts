import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../config/load.ts";
import { buildApp } from "../main.ts";
import { sourcesOf } from "../stacks/sources.ts";
import { ROOT } from "./support/run.ts";
import { resourcesOf, synthesizeEnvironment } from "./support/synth.ts";

it.each(["dev", "terraform-users"])("every resource of %s is traced to the line that makes it", (env) => {
  const sources = sourcesOf(buildApp(loadConfig({ env })));
  for (const { stack, address, type } of resourcesOf(synthesizeEnvironment(env))) {
    const made = sources[stack]?.[address];
    expect(made, `${stack} ${address}`).toBeDefined();
    const lines = readFileSync(join(ROOT, made?.file ?? ""), "utf8").split("\n");
    expect(lines[(made?.line ?? 0) - 1], `${type} at ${made?.file}:${made?.line}`).toContain(
      "withLogicalId(",
    );
  }
});

it("a resource is traced to the place that decides about it, not to what all share", () => {
  const sources = sourcesOf(buildApp(loadConfig({ env: "dev" })));
  expect(sources["01-kinesis"]?.["aws_kinesis_stream.logs"]?.file).toBe("stacks/01-kinesis.ts");
  expect(sources["02-s3"]?.["aws_s3_bucket.logs"]?.file).toBe("stacks/02-s3.ts");
});
