import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noticeMessage } from "../../delivery/commands/notify/message.ts";
import { SlackError } from "../../delivery/core/errors.ts";
import { sendToSlack as send } from "../../delivery/core/slack.ts";
import { writePlanRun } from "../support/plan-runs.ts";
import { runCali } from "../support/run.ts";
import { SlackServer } from "../support/slack-server.ts";

let slack: SlackServer;
let folder: string;
let url: string;

beforeEach(async () => {
  slack = new SlackServer();
  url = await slack.listen();
  folder = mkdtempSync(join(tmpdir(), "cali-notify-"));
});
afterEach(() => {
  slack.close();
  rmSync(folder, { recursive: true, force: true });
});

async function notify(env: Record<string, string>, ...args: string[]) {
  const result = await runCali(["notify", ...args], {
    env: { CALI_ENV: "dev", GITHUB_REPOSITORY: "acme/cali", GITHUB_RUN_ID: "7", ...env },
  });
  expect(result.stdout + result.stderr).not.toContain("very-secret-path");
  return result;
}

describe("cali notify", () => {
  it("notifies Slack of plans", async () => {
    writePlanRun(folder, [{ name: "01-kinesis", plan: "replace" }]);
    const { code, stdout } = await notify(
      { SLACK_WEBHOOK_URL: url, CALI_OUTCOME: "success" },
      "--plans",
      folder,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Slack was notified: ✅ dev: plan done\n" });
    expect(slack.received).toHaveLength(1);
    expect(slack.received[0]).toContain("3 to replace");
    expect(slack.received[0]).toContain("https://github.com/acme/cali/actions/runs/7");
  });

  it("never fails: Slack refuses, the address is none, nobody is to be notified, there is nothing to read", async () => {
    slack.answers.push({ status: 403 });
    const refused = await notify({ SLACK_WEBHOOK_URL: url }, "--deploy", folder);
    expect(refused.code).toBe(0);
    expect(refused.stderr).toMatch(/^warning: Slack was not notified/);
    expect(slack.received).toHaveLength(1);
    const wrong = await notify({ SLACK_WEBHOOK_URL: "very-secret-path" }, "--deploy", folder);
    expect(wrong).toMatchObject({ code: 0 });
    expect(wrong.stderr).toContain("allowed: an https URL");
    const nobody = await notify({ SLACK_WEBHOOK_URL: "" }, "--plans", "/nowhere");
    expect(nobody).toMatchObject({ code: 0, stdout: "SLACK_WEBHOOK_URL is not set: nobody is notified.\n" });
  });
});

describe("sending", () => {
  const message = noticeMessage({
    kind: "plan",
    environment: "dev",
    awaitsApproval: false,
    commit: undefined,
    outcome: "success",
    actor: "mina",
    pullRequest: undefined,
    links: undefined,
    durationMs: undefined,
    stacks: [],
    cost: undefined,
    approvers: [],
    failedSteps: [],
    losses: [],
    destroys: [],
    trouble: undefined,
  });

  it("is done again after errors of the server and limits", async () => {
    slack.answers.push({ status: 500 }, { status: 429, headers: { "retry-after": "1" } }, { status: 503 });
    await send(url, message, 1);
    expect(slack.received).toHaveLength(4);
  });

  it("is given up when it stays so, and says so without the address", async () => {
    slack.answers.push(...Array.from({ length: 10 }, () => ({ status: 500 })));
    const sent = send(url, message, 1);
    await expect(sent).rejects.toThrow(SlackError);
    await expect(sent).rejects.not.toThrow(/very-secret-path/);
    expect(slack.received).toHaveLength(4);
    slack.close();
    await expect(send(url, message, 1)).rejects.toThrow(/Slack was not notified/);
  });

  it("goes to https only", async () => {
    await expect(send("http://hooks.slack.com/services/x", message, 1)).rejects.toThrow(
      /allowed: an https URL/,
    );
  });
});
