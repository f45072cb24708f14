import { afterAll, beforeAll, expect, it } from "vitest";
import { building, image, Pipeline, sha } from "../support/pipeline.ts";
import type { TestStack } from "../support/terraform-app.ts";

/** `git revert`: a pull request that brings back what was, on the way of every other change. */

const pipeline = new Pipeline();
beforeAll(() => pipeline.start());
afterAll(() => pipeline.close());

const SERVICE = ["services/consumer/src/main.ts"];

/** What main is: a stream's retention, a chart's values, and the stack of the consumer. */
const main = (retention: string, memory: string): TestStack[] => [
  { name: "01-kinesis", values: { retention } },
  {
    name: "09-fluent-bit",
    values: { values: `# of the agent\nresources:\n  requests:\n    memory: ${memory}\n    cpu: 50m\n` },
  },
];
const service: TestStack = {
  name: "13-consumer",
  values: { image: "${var.image}" },
  replacedBy: "${var.image}",
  blocks: {
    variable: { image: { type: "string", nullable: false } },
    output: { image: { value: "${var.image}" } },
  },
};

/** A change or its revert, as a pull request that is planned, merged and deployed by a workflow. */
async function change(head: string, merge: string, workflow: string, path: string, stacks: TestStack[]) {
  const pull = await pipeline.propose(sha(head), stacks);
  pipeline.merge(pull, sha(merge), [path]);
  const ran = await pipeline.run(workflow, { sha: sha(merge) });
  const comments = pipeline.github.comments.filter(({ issue }) => issue === pull.number);
  return { ran, plan: comments[0]?.body ?? "", result: comments[1]?.body ?? "" };
}

it("brings infrastructure back, as it was reviewed", async () => {
  pipeline.push(sha("0"), main("48", "512Mi"));
  await pipeline.cali(["deploy", "--replan"], sha("0"));

  const reverted = await change("a", "1", "terraform.yml", "stacks/01-kinesis.ts", main("24", "512Mi"));
  expect(reverted.ran.results, reverted.ran.output).toMatchObject({
    "infrastructure / deploy (dev)": "success",
  });
  expect(reverted.plan).toContain('! input = "48" → "24"');
  expect(reverted.result).toContain("| `01-kinesis` | applied | 1 to change |");
  expect(await pipeline.applied("01-kinesis")).toEqual({ retention: "24" });
});

it("brings a chart's values back, as they were reviewed", async () => {
  pipeline.push(sha("2"), main("24", "512Mi"));
  await pipeline.cali(["deploy", "--replan"], sha("2"));
  const VALUES = "helm-values/fluent-bit-values.yaml";
  const back = await change("b", "3", "helm.yml", VALUES, main("24", "96Mi"));
  expect(back.ran.results, back.ran.output).toMatchObject({ "cluster / deploy (dev)": "success" });
  expect(back.plan).toContain('! input.resources.requests.memory = "512Mi" → "96Mi"');
  expect(back.result).toContain("| `09-fluent-bit` | applied | 1 to change |");
  expect(String((await pipeline.applied("09-fluent-bit")).values)).toContain("memory: 96Mi");
});

it("builds a service's earlier code anew; an image that ran before never comes back by itself", async () => {
  const release = (commit: string, digit: string) =>
    pipeline.run("consumer.yml", { sha: commit, ...building(digit) });
  const RELEASED = { "service / release (dev)": "success" };
  const stacks = [...main("24", "96Mi"), service];
  pipeline.push(sha("5"), stacks, SERVICE);
  const first = await release(sha("5"), "a");
  expect(first.results, first.output).toMatchObject(RELEASED);
  pipeline.push(sha("6"), stacks, SERVICE);
  expect((await release(sha("6"), "b")).results).toMatchObject(RELEASED);
  // Started again, the first run would bring its image back.
  const again = await pipeline.rerun(first, building("a"));
  expect(again.results["service / release (dev)"]).toBe("failure");
  expect(again.output).toContain(
    `main holds the later commit https://github.com/acme/cali/commit/${sha("6")}`,
  );
  expect(await pipeline.applied("13-consumer")).toEqual({ image: image("b") });

  const revert = pipeline.github.open(sha("e"));
  revert.mergeSha = sha("7");
  pipeline.push(sha("7"), stacks, SERVICE);
  const reverted = await release(sha("7"), "c");
  expect(reverted.results, reverted.output).toMatchObject(RELEASED);
  expect(await pipeline.applied("13-consumer")).toEqual({ image: image("c") });
  const told = pipeline.github.comments.filter(({ issue }) => issue === revert.number);
  expect(told.map(({ body }) => body.split("\n")[1])).toEqual(["## Deployment to `dev`: done"]);
  expect(told[0]?.body).toContain("| `13-consumer` | applied |");
});
