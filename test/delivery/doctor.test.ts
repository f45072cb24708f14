import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { checkEnvironment } from "../../delivery/commands/doctor/environment.ts";
import { check, type Finding } from "../../delivery/commands/doctor/finding.ts";
import { findingsAsText } from "../../delivery/commands/doctor/render.ts";
import type { SynthesizedStack } from "../../delivery/core/application/application.ts";
import { CredentialsError } from "../../delivery/core/errors.ts";

const config = loadConfig({ env: "dev" });
const asItIs = (_: unknown, text: string) => text;
const stack = (requiredVariables: string[]): SynthesizedStack => ({
  name: "10-milvus",
  folder: import.meta.dirname,
  dependencies: [],
  sensitiveVariables: requiredVariables,
  requiredVariables,
  outputs: [],
  providers: [],
  stateKey: "stacks/10-milvus/terraform.tfstate",
});
const KEY = Buffer.alloc(32, 7).toString("base64");
const statusesOf = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ check, status }) => [check, status]));

describe("the environment", () => {
  it("of a workflow has everything, or the run fails", async () => {
    const complete = {
      GITHUB_ACTIONS: "true",
      CALI_PLAN_KEY: KEY,
      SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/x",
      AWS_REGION: config.region,
      TF_VAR_password: "hunter2",
    };
    expect(statusesOf(await checkEnvironment(config, [stack(["password", "image"])], complete))).toEqual({
      "secret CALI_PLAN_KEY": "ok",
      "secret SLACK_WEBHOOK_URL": "ok",
      AWS_REGION: "ok",
      "variable password": "ok",
    });
    expect(
      statusesOf(await checkEnvironment(config, [stack(["password"])], { GITHUB_ACTIONS: "true" })),
    ).toEqual({
      "secret CALI_PLAN_KEY": "warning",
      "secret SLACK_WEBHOOK_URL": "warning",
      AWS_REGION: "ok",
      "variable password": "failure",
    });
  });

  it("of a person may lack what only a workflow needs", async () => {
    expect(statusesOf(await checkEnvironment(config, [stack(["password"])], {}))).toEqual({
      "secret CALI_PLAN_KEY": "skipped",
      "secret SLACK_WEBHOOK_URL": "warning",
      AWS_REGION: "ok",
      "variable password": "warning",
    });
  });

  it.each([
    [{ CALI_PLAN_KEY: "too-short-to-be-one" }, "secret CALI_PLAN_KEY"],
    [{ SLACK_WEBHOOK_URL: "hooks.slack.com/services/secret" }, "secret SLACK_WEBHOOK_URL"],
  ])("that is wrong fails: %o", async (environment, name) => {
    const findings = await checkEnvironment(config, [], environment as NodeJS.ProcessEnv);
    const [finding] = findings.filter((one) => one.check === name);
    expect(finding).toMatchObject({ status: "failure" });
    expect(finding?.remedy ?? finding?.command).toBeTruthy();
  });

  it("with another region is a warning that names both", async () => {
    const findings = await checkEnvironment(config, [], { AWS_REGION: "eu-west-3" });
    const region = findings.find(({ check }) => check === "AWS_REGION");
    expect(region).toMatchObject({ status: "warning" });
    expect(region?.found).toContain("eu-west-3");
    expect(region?.found).toContain(config.region);
  });

  it("is never shown, whatever its values are", async () => {
    const value = fc.string({ minLength: 12, maxLength: 60 }).filter((text) => text.trim().length >= 12);
    await fc.assert(
      fc.asyncProperty(value, value, value, async (key, url, password) => {
        const environment = {
          GITHUB_ACTIONS: "true",
          CALI_PLAN_KEY: key,
          SLACK_WEBHOOK_URL: url,
          TF_VAR_password: password,
        };
        const findings = await checkEnvironment(config, [stack(["password"])], environment);
        const shown = findingsAsText(findings, asItIs) + JSON.stringify(findings);
        for (const secret of [key, url, password]) expect(shown).not.toContain(secret);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a check", () => {
  it("that throws has failed, with the remedy of the error", async () => {
    const findings = await check("credentials", async () => {
      throw new CredentialsError("no AWS credentials: none found\nRemedy: log in");
    });
    expect(findings).toEqual([
      { check: "credentials", status: "failure", found: "no AWS credentials: none found", remedy: "log in" },
    ]);
  });

  it("that does not end has failed after a minute", async () => {
    vi.useFakeTimers();
    try {
      const findings = check("bucket", () => new Promise(() => {}));
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await findings).toMatchObject([{ status: "failure", found: "no answer within 60 s" }]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the text", () => {
  const finding = (over: Partial<Finding>): Finding => ({ check: "x", status: "ok", found: "y", ...over });

  it("has a line for each finding, its remedy below, and the sum", () => {
    const text = findingsAsText(
      [
        finding({}),
        finding({ status: "failure", found: "none", allowed: "one", remedy: "make it", command: "make" }),
      ],
      asItIs,
    );
    expect(text.split("\n")).toEqual([
      "ok       x: y",
      "FAILURE  x: none",
      "         allowed: one",
      "         remedy: make it",
      "         run:    make",
      "",
      "2 findings: 1 failure, 0 warnings",
    ]);
  });

  it("has the colours that its stream shows, and no control character of anybody's", () => {
    const hostile = finding({ found: "a\u001b[2Jb\nFAILURE  c" });
    const [line = ""] = findingsAsText([hostile], asItIs).split("\n");
    expect(line).toBe("ok       x: a [2Jb FAILURE  c");
    expect(findingsAsText([finding({})], (style, text) => `<${style}>${text}`)).toContain("<green>ok");
  });
});
