import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { holderOf, type Process, secondsOf, sightHere } from "../../delivery/core/state-backend/holder.ts";
import type { Lock } from "../../delivery/core/state-backend/lock.ts";

const NOW = new Date("2026-01-25T12:00:00Z");
const ago = (minutes: number) => NOW.getTime() - minutes * 60_000;
const lock = (minutes: number, Who = "ann@laptop"): Lock => ({
  ID: "0a1b",
  Path: "states/one",
  Operation: "OperationTypeApply",
  Who,
  Created: new Date(ago(minutes)).toISOString(),
});
const seen = (one: Lock, processes: Process[] = [], host = "here") =>
  holderOf(one, { now: NOW, host, processes }).state;

describe("who holds a lock", () => {
  it("is known on its own machine, at any age", () => {
    for (const minutes of [0, 59, 600]) {
      const here = lock(minutes, "ann@here");
      expect(seen(here)).toBe("dead");
      expect(seen(here, [{ pid: 1, startedAt: ago(minutes) - 1_000 }])).toBe("works");
      expect(seen({ ...here, Path: "" }, [{ pid: 1, startedAt: 0, key: "two" }])).toBe("works");
      expect(seen(here, [{ pid: 1, startedAt: 0, key: "one" }])).toBe("works");
      expect(seen(here, [{ pid: 1, startedAt: 0, key: "two" }])).toBe("dead");
      // One that was started later took another lock.
      expect(seen(here, [{ pid: 1, startedAt: ago(minutes) + 60_000 }])).toBe("dead");
    }
  });

  it("is known by age alone elsewhere, whatever works here", () => {
    const working = [{ pid: 1, startedAt: ago(600) }];
    expect(seen(lock(59.9), working)).toBe("unknown");
    expect(seen(lock(60), working)).toBe("dead");
    expect(holderOf(lock(10), { now: NOW, host: "here", processes: [] })).toMatchObject({
      deadAt: new Date("2026-01-25T12:50:00Z"),
    });
    // A user's name may have the sign in it, and a name is no part of another.
    expect(seen(lock(1, "a@b@here"))).toBe("dead");
    expect(seen(lock(1, "ann@there"))).toBe("unknown");
    expect(seen(lock(1, "somebody"))).toBe("unknown");
  });

  it("is looked for among this machine's processes", async () => {
    const sight = await sightHere(NOW);
    expect(sight.host).toBe(hostname());
    for (const { pid, startedAt } of sight.processes) {
      expect(pid).toBeGreaterThan(0);
      expect(startedAt).toBeLessThanOrEqual(NOW.getTime());
    }
  });

  it.each(["terraform", "tofu"])(
    "is looked for among this machine's processes of the name %s",
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), "cali-holder-"));
      const program = join(folder, name);
      symlinkSync("/bin/sleep", program);
      const working = spawn(program, ["60"]);
      try {
        await once(working, "spawn");
        const { processes } = await sightHere(new Date());
        expect(processes.map(({ pid }) => pid)).toContain(working.pid);
      } finally {
        working.kill("SIGKILL");
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  it.each([
    ["00:07", 7],
    ["12:34", 754],
    ["01:02:03", 3_723],
    ["2-01:00:00", 176_400],
  ])("has worked for %s", (text, seconds) => expect(secondsOf(text)).toBe(seconds));
});
