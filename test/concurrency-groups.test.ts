import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ConcurrencyGroups } from "./support/concurrency.ts";
import { WorkflowRun } from "./support/workflow-run.ts";

/**
 * Several merges at once, with GitHub's concurrency groups
 * (https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency).
 */

const folder = mkdtempSync(join(tmpdir(), "cali-groups-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const CONTEXTS = { vars: { CALI_ENVIRONMENTS: '["dev"]' }, secrets: {}, inputs: {} };
const PUSH = { event_name: "push", repository: "acme/cali", ref: "refs/heads/main" };

/** Three runs of a workflow, started one after the other; of one that is written here, the step `deploy` ends when it is let. */
function three(file: string, approvals: readonly Promise<boolean>[] = []) {
  const groups = new ConcurrencyGroups();
  const log: string[] = [];
  const gates: (() => void)[] = [];
  const jobs = new Map<string, string>();
  const runs = [1, 2, 3].map((number) => {
    const run = new WorkflowRun({
      file,
      contexts: { ...CONTEXTS, github: { ...PUSH, sha: `${number}`.repeat(40), run_id: `${number}` } },
      groups,
      approve: async () => (await approvals[number - 1]) ?? true,
      runStep: async ({ run: step = "" }) => {
        if (/cali\.js (deploy|release)\b/.test(step)) log.push(`deploy ${number}`);
        if (step === "deploy") {
          log.push(`begin ${number}`);
          await new Promise<void>((done) => gates.push(done));
          log.push(`end ${number}`);
        } else if (step === "unlock") log.push(`unlock ${number}`);
        return { ok: true };
      },
      onJob: (job, status) => jobs.set(`${number} ${job}`, status),
    });
    return run.finish();
  });
  return { runs, log, jobs, letOneEnd: () => gates.shift()?.() };
}

function workflow(concurrency: string): string {
  const file = join(folder, `${Buffer.from(concurrency).toString("hex").slice(0, 60)}.yml`);
  writeFileSync(
    file,
    `jobs:\n  deploy:\n    environment: dev\n    concurrency: ${concurrency}\n    steps:\n      - run: deploy\n      - if: always()\n        run: unlock\n`,
  );
  return file;
}
const resultsOf = async (runs: readonly Promise<Readonly<Record<string, string>>>[]) =>
  (await Promise.all(runs)).map(({ deploy }) => deploy);

describe("a concurrency group", () => {
  it("has one that runs and one that is pending: of three the middle is cancelled", async () => {
    const { runs, log, letOneEnd } = three(workflow("Deploy"));
    await expect.poll(() => log).toEqual(["begin 1"]);
    letOneEnd();
    await expect.poll(() => log).toContain("begin 3");
    letOneEnd();
    expect(await resultsOf(runs)).toEqual(["success", "cancelled", "success"]);
    expect(log).not.toContain("begin 2");
  });

  it("is held by a job that waits for its approval", async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { runs, log, letOneEnd, jobs } = three(workflow("{ group: deploy-dev }"), [promise]);
    await expect.poll(() => jobs.get("1 deploy")).toBe("waiting");
    expect((await runs[1])?.deploy).toBe("cancelled");
    expect(log).toEqual([]);
    resolve(false);
    await expect.poll(() => log).toEqual(["begin 3"]);
    letOneEnd();
    expect(await resultsOf(runs)).toEqual(["failure", "cancelled", "success"]);
  });

  it("keeps all that wait with queue: max, one after the other", async () => {
    const { runs, log, letOneEnd } = three(workflow("{ group: deploy, queue: max }"));
    for (const count of [1, 2, 3]) {
      await expect.poll(() => log.filter((line) => line.startsWith("begin"))).toHaveLength(count);
      letOneEnd();
    }
    expect(await resultsOf(runs)).toEqual(["success", "success", "success"]);
    expect(log.join()).toBe([1, 2, 3].map((n) => `begin ${n},end ${n},unlock ${n}`).join());
  });

  it("with cancel-in-progress cancels the one that has the group, too", async () => {
    const { runs, log, letOneEnd } = three(workflow("{ group: deploy, cancel-in-progress: true }"));
    await expect.poll(() => log).toContain("begin 3");
    letOneEnd();
    expect(await resultsOf(runs)).toEqual(["cancelled", "cancelled", "success"]);
    expect(log).toEqual(["begin 3", "end 3", "unlock 3"]);
  });
});

describe("three merges at once, by the repository's own workflows", () => {
  it.each(["terraform.yml", "helm.yml", "consumer.yml"])(
    "%s: none is cancelled, and none waits for another's approval",
    async (file) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const { runs, log } = three(file, [promise]);
      // The second and the third go on while the first waits.
      await Promise.all(runs.slice(1));
      expect(log).toEqual(["deploy 2", "deploy 3"]);
      resolve(true);
      for (const results of await Promise.all(runs)) {
        expect(Object.values(results)).not.toContain("cancelled");
      }
      expect(log).toEqual(["deploy 2", "deploy 3", "deploy 1"]);
    },
  );
});
