import { CommanderError } from "commander";
import { expect, it, vi } from "vitest";
import { program } from "../src/commands/cli.ts";
import { putSilence, SILENCES } from "../src/notify/silences.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";
import { alertsOf } from "./support/slack-server.ts";

/** Runs `consumer silence`. @returns what it said */
async function silence(...args: string[]): Promise<string> {
  let said = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  const error = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  try {
    const command = program();
    for (const one of command.commands) one.exitOverride();
    await command.parseAsync(["silence", ...args], { from: "user" });
  } finally {
    write.mockRestore();
    error.mockRestore();
  }
  return said;
}

it("people silence a group by what its alert shows, and it is alerted again when that is over", async () => {
  const rig = await Rig.create();
  const folder = `${rig.folder}/objects`;
  const grouping = { groupWaitMs: 0, groupIntervalMs: 0, repeatIntervalMs: 0, silencesRefreshMs: 100 };
  const consumer = await rig.start({ grouping });
  const put = (service: string) =>
    rig.kinesis.put(JSON.stringify(logRecord({ level: "ERROR", service, message: `${service} is broken` })));
  const told = (service: string) => alertsOf(rig.slack.posts).filter((one) => one.service === service).length;
  put("payment");
  await until("the alert", () => told("payment") === 1);
  const shown = /consumer silence ([^`]+)`/.exec(rig.slack.posts[0] ?? "")?.[1] ?? "";
  expect(await silence(shown, "--for", "2h", "--folder", folder)).toMatch(/^[0-9a-f]+ is silent until 20/);
  const fingerprint = shown.split("-")[0] ?? "";
  // Once another group's silence is known, this one is.
  await until("the silence", async () => {
    await putSilence(rig.objects, { fingerprint: "00000000", from: 0, until: 1 });
    await new Promise((resolve) => setTimeout(resolve, 150));
    return (await rig.objects.get(`${SILENCES}00000000.json`)) === undefined;
  });
  put("payment");
  put("cart");
  await until("the other", () => told("cart") === 1);
  await until("both", async () => (await consumer.counters()).totals.records === 3);
  expect(told("payment")).toBe(1);
  await putSilence(rig.objects, { fingerprint, from: 0, until: Date.now() });
  await until("the alert again", () => told("payment") === 2);
  await until(
    "no object",
    async () => (await rig.objects.get(`${SILENCES}${fingerprint}.json`)) === undefined,
  );
});

it("an object that is no silence is none", async () => {
  const rig = await Rig.create();
  await rig.objects.put(`${SILENCES}x.json`, Buffer.from('{"service":"payment"}'));
  await rig.start({ grouping: { silencesRefreshMs: 100 } });
  rig.kinesis.put(JSON.stringify(logRecord({ level: "ERROR", service: "payment", message: "it is broken" })));
  await until("the alert", () => rig.slack.posts.length === 1);
  await until("the warning", () => rig.said.some(({ msg }) => msg === "an object is no silence"));
});

it.each([["payment"], ["0123456789abcdef", "--for", "1s"], ["0123456789abcdef", "--for", "8d"], ["../x"]])(
  "refuses %s",
  async (...args) => {
    await expect(silence(...args, "--folder", "unused")).rejects.toBeInstanceOf(CommanderError);
  },
);
