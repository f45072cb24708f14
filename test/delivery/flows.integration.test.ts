import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Pipeline, sha } from "../support/pipeline.ts";
import type { TestStack } from "../support/terraform-app.ts";

/** Changes on their way from pull requests to an environment, several at a time, by the repository's own workflows. */

const pipeline = new Pipeline();
beforeAll(() => pipeline.start());
afterAll(() => pipeline.close());

const PATHS = ["stacks/01-kinesis.ts"];
const DEPLOY = "infrastructure / deploy (dev)";
const stacks = (values: Record<string, string>): TestStack[] => [{ name: "01-kinesis", values }];
const byHand = (commit: string, approve: () => Promise<boolean> = async () => true) =>
  pipeline.run("terraform.yml", {
    event: "workflow_dispatch",
    sha: commit,
    inputs: { environment: "dev" },
    approve,
  });
const pushed = (commit: string, approve?: () => Promise<boolean>) =>
  pipeline.run("terraform.yml", { sha: commit, ...(approve && { approve }) });

/** What a pull request is told of its deployments. */
const resultsOn = (number: number) =>
  pipeline.github.comments
    .filter(({ issue, body }) => issue === number && body.startsWith("<!-- cali:result"))
    .map(({ body }) => body);

it("a run that is started by hand shows its plan, waits, and applies exactly that plan", async () => {
  pipeline.push(sha("0"), stacks({ one: "a" }), PATHS);
  const first = await byHand(sha("0"));
  expect(first.results, first.output).toMatchObject({ [DEPLOY]: "success" });
  expect(first.summary).toContain("terraform_data.one");
  expect(pipeline.slack.received[0]).toContain("this plan waits for its approval");
  expect(await pipeline.applied("01-kinesis")).toEqual({ one: "a" });

  const rejected = await byHand(sha("0"), async () => false);
  expect(rejected.results[DEPLOY]).toBe("failure");
  // Between the plan and its approval somebody changes something.
  pipeline.push(sha("1"), stacks({ one: "b" }));
  const moved = await byHand(sha("1"), async () => {
    pipeline.push(sha("f"), stacks({ one: "foreign" }));
    await pipeline.cali(["deploy", "--replan"], sha("f"));
    pipeline.github.commits.pop();
    return true;
  });
  expect(moved.results[DEPLOY]).toBe("failure");
  expect(moved.output).toContain("Nothing was applied");
  expect(await pipeline.applied("01-kinesis")).toEqual({ one: "foreign" });
  expect((await byHand(sha("1"))).results[DEPLOY]).toBe("success");
  expect(await pipeline.applied("01-kinesis")).toEqual({ one: "b" });
});

it("of three merges the last one's run deploys all, and the others end as superseded", async () => {
  const first = await pipeline.propose(sha("a"), stacks({ one: "b", two: "of the first" }));
  const second = await pipeline.propose(sha("b"), stacks({ one: "b", three: "of the second" }));
  const third = await pipeline.propose(sha("c"), stacks({ one: "of the third" }));
  // They wait for the approval of dev, and the first is forgotten.
  let approveFirst: (answer: boolean) => void = () => {};
  const forgotten = new Promise<boolean>((resolve) => {
    approveFirst = resolve;
  });
  pipeline.merge(first, sha("2"), PATHS);
  const one = pushed(sha("2"), () => forgotten);
  pipeline.merge(second, sha("3"), PATHS, stacks({ one: "b", two: "of the first", three: "of the second" }));
  const two = pushed(sha("3"), () => forgotten);
  const all = { one: "of the third", two: "of the first", three: "of the second" };
  pipeline.merge(third, sha("4"), PATHS, stacks(all));
  const last = await pushed(sha("4"));
  expect(last.results, last.output).toMatchObject({ [DEPLOY]: "success" });
  expect(last.output).toContain(
    "a new plan does what was reviewed in this pull request and in those merged before",
  );
  expect(await pipeline.applied("01-kinesis")).toEqual(all);
  approveFirst(true);
  for (const run of [await one, await two]) {
    expect(run.results, run.output).toMatchObject({ [DEPLOY]: "success" });
    expect(run.output).toContain("is deployed with the later commit");
    expect(run.output).not.toContain("cali.js deploy");
    expect(run.output).toContain("⏭️ dev: deployment superseded");
  }
  // Each pull request is told of it once, and nothing that an older run says comes after.
  for (const { number } of [first, second, third]) {
    const [told, ...more] = resultsOn(number);
    expect(told).toContain("## Deployment to `dev`: done");
    expect(told).toContain(`with commit [\`${sha("4").slice(0, 7)}\`]`);
    expect(told).toContain("| `01-kinesis` | applied | 2 to add, 1 to change |");
    expect(more).toEqual([]);
  }
  // Started again it would bring back what was.
  const again = await pipeline.rerun(await one);
  expect(again.results[DEPLOY]).toBe("failure");
  expect(again.output).toContain(
    `main holds the later commit https://github.com/acme/cali/commit/${sha("4")}`,
  );
  expect(await pipeline.applied("01-kinesis")).toEqual(all);
});

it("a merge queue brings several at once: the push's last commit may be of documents alone", async () => {
  const before = { one: "of the third", two: "of the first", three: "of the second" };
  const change = await pipeline.propose(sha("d"), stacks({ ...before, one: "queued" }));
  const documents = pipeline.github.open(sha("e"));
  pipeline.merge(change, sha("5"), PATHS);
  pipeline.merge(documents, sha("6"), ["README.md"], stacks({ ...before, one: "queued" }));
  // GitHub starts one run, of the last commit, by all that the push changes.
  const run = await pushed(sha("6"));
  expect(run.results, run.output).toMatchObject({ [DEPLOY]: "success" });
  expect(await pipeline.applied("01-kinesis")).toEqual({ ...before, one: "queued" });
  expect(resultsOn(change.number)).toHaveLength(1);
  expect(resultsOn(documents.number)).toEqual([]);
});

it("what nobody has reviewed is not deployed, whatever was reviewed before the last deployment", async () => {
  const change = await pipeline.propose(sha("9"), stacks({ one: "next" }));
  // `one` was set to this by a pull request that is deployed long since.
  pipeline.merge(change, sha("7"), PATHS, stacks({ one: "next", more: "of nobody" }));
  const run = await pushed(sha("7"));
  expect(run.results[DEPLOY]).toBe("failure");
  expect(run.output).toContain("terraform_data.more: reviewed: nothing; now: create");
  expect(resultsOn(change.number)[0]).toMatch(
    /: failed[\s\S]*Nothing was applied[\s\S]*terraform_data.more: reviewed/,
  );
  expect(await pipeline.applied("01-kinesis")).toMatchObject({ one: "queued" });
});

it("a deployment that fails half-way tells what is left, a later try that it is done; the logs say no secret", async () => {
  const secret = "made-up and very secret";
  const command = `echo "made with $TF_VAR_milvus_root_password"; test -e ${pipeline.at("go")}`;
  const both: TestStack[] = [
    ...stacks({ one: "queued", two: "of the first", three: "changed" }),
    { name: "02-s3", dependencies: ["01-kinesis"], values: { made: "then" }, command },
  ];
  const pull = await pipeline.propose("12".repeat(20), both);
  pipeline.merge(pull, sha("8"), PATHS);
  const start = { env: { TF_VAR_milvus_root_password: secret } };
  const failed = await pipeline.run("terraform.yml", { sha: sha("8"), ...start });
  expect(failed.results[DEPLOY], failed.output).toBe("failure");
  const [first = ""] = resultsOn(pull.number);
  expect(first).toContain("## Deployment to `dev`: failed");
  expect(first).toContain("**Left to do: `02-s3`.**");
  expect(first).toMatch(/\| `01-kinesis` \| applied \|[^\n]*\n\| `02-s3` \| \*\*failed\*\* \|/);
  expect(first).toContain("logs-infrastructure-dev-1");

  writeFileSync(pipeline.at("go"), "");
  const again = await pipeline.rerun(failed, start);
  expect(again.results[DEPLOY], again.output).toBe("success");
  const told = resultsOn(pull.number);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("## Deployment to `dev`: done");
  expect(told[0]).toContain("| `01-kinesis` | unchanged |");
  const logs = pipeline.github.artifacts.filter(({ name }) => name.startsWith("logs-infrastructure-dev-"));
  const texts = logs.flatMap((log) => Object.entries(pipeline.github.filesOf(log)));
  const said = texts.map(([, bytes]) => Buffer.from(bytes).toString()).join("");
  expect(said).toContain("made with (sensitive)");
  expect(said).not.toContain(secret);
  expect(first + told[0] + pipeline.slack.received.join()).not.toContain(secret);
});
