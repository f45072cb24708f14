import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderObjectStore } from "../src/state/objects/folder.ts";
import { archive, DATE, errors } from "./support/archive.ts";
import { SlackServer } from "./support/slack-server.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

let folder: string;
let objects: FolderObjectStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-reports-"));
  objects = new FolderObjectStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the commands", () => {
  const consumer = (args: readonly string[], env: Record<string, string> = {}) =>
    new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      const child = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", "--import", "tsx", MAIN, ...args],
        {
          env: { ...process.env, ...env },
        },
      );
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (data) => {
        stdout += data;
      });
      child.stderr.on("data", (data) => {
        stderr += data;
      });
      child.once("close", (code) => resolve({ code, stdout, stderr }));
    });

  it("post a report to Slack", async () => {
    const slack = new SlackServer();
    const url = await slack.listen();
    try {
      await archive(
        objects,
        errors(3, (i) => `disk of node ${i} is full`),
      );
      const result = await consumer(["digest", "--date", DATE, "--slack"], {
        AWS_REGION: "ap-northeast-2",
        CALI_KINESIS_STREAM: "s",
        CALI_STATE_FILE: join(folder, "state.sqlite"),
        CALI_OBJECTS_FOLDER: folder,
        CALI_SLACK_WEBHOOK_URL: url,
      });
      expect(result).toMatchObject({ code: 0, stderr: expect.stringContaining("posted to Slack") });
      expect(slack.posts).toHaveLength(1);
    } finally {
      await slack.close();
    }
  });

  it("print a report of a folder, and end with 1 for a failed day when asked to", async () => {
    await archive(objects, ['{"no json']);
    const { code, stdout } = await consumer(["quality", "--date", DATE, "--folder", folder, "--strict"]);
    expect(code).toBe(1);
    expect(stdout).toContain(`Quality of ${DATE}: fail`);
    const json = await consumer(["quality", "--date", DATE, "--folder", folder, "--json"]);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({ verdict: "fail", summary: { records: 1 } });
  });

  it.each([
    [["quality"], "--date"],
    [["quality", "--date", "2026-02-30"], "allowed: a day of the calendar"],
    [["digest", "--date", "2999-01-01"], "or before"],
  ])("refuse %j", async (args, message) => {
    const { code, stderr } = await consumer(args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});
