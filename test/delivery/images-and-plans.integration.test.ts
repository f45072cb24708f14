import { afterAll, beforeAll, expect, it } from "vitest";
import { building, image, Pipeline, sha } from "../support/pipeline.ts";
import type { TestStack } from "../support/terraform-app.ts";

/** A service's image and the plans of its stack, which go their own ways into one state. */

const pipeline = new Pipeline();
beforeAll(() => pipeline.start());
afterAll(() => pipeline.close());

const SERVICE = ["services/consumer/src/main.ts"];
const STACK = ["stacks/13-consumer.ts"];

/** The consumer's stack. @param variable which says the image, of the engine that it runs */
const stacks = (memory: string, variable: "image" | "kcl_image" = "image"): TestStack[] => [
  {
    name: "13-consumer",
    values: { image: `\${var.${variable}}`, memory },
    replacedBy: `\${var.${variable}}`,
    blocks: {
      variable: { [variable]: { type: "string", nullable: false } },
      output: { [variable]: { value: `\${var.${variable}}` } },
    },
  },
];
/** What `consumer.yml` does with a commit whose build gives an image. */
const release = (commit: string, digit: string) =>
  pipeline.run("consumer.yml", { sha: commit, ...building(digit) });
const deploy = (commit: string, event: "push" | "workflow_dispatch" = "push") =>
  pipeline.run("helm.yml", { event, sha: commit, inputs: { environment: "dev" } });
const RELEASED = { "service / release (dev)": "success" };
const DEPLOYED = { "cluster / deploy (dev)": "success" };

it("a release between plan and merge leaves the reviewed plan good, and its image in place", async () => {
  pipeline.push(sha("0"), stacks("512Mi"), [...SERVICE, ...STACK]);
  const first = await release(sha("0"), "a");
  expect(first.results, first.output).toMatchObject(RELEASED);

  const pull = await pipeline.propose(sha("a"), stacks("1Gi"));
  pipeline.push(sha("1"), stacks("512Mi"), SERVICE);
  const second = await release(sha("1"), "b");
  expect(second.results, second.output).toMatchObject(RELEASED);
  pipeline.merge(pull, sha("2"), STACK);
  const deployed = await deploy(sha("2"));
  expect(deployed.results, deployed.output).toMatchObject(DEPLOYED);
  expect(deployed.output).toContain("a new plan does the same");
  expect(await pipeline.applied("13-consumer")).toEqual({ image: image("b"), memory: "1Gi" });
});

it("a pull request that changes a service and its stack: the stack goes first, and neither waits for ever", async () => {
  const pull = await pipeline.propose(sha("b"), stacks("2Gi"));
  pipeline.merge(pull, sha("3"), [...SERVICE, ...STACK]);
  const [released, deployed] = await Promise.all([release(sha("3"), "c"), deploy(sha("3"))]);
  expect(deployed.results, deployed.output).toMatchObject(DEPLOYED);
  expect(released.results, released.output).toMatchObject(RELEASED);
  expect(released.output).toContain("helm.yml's job deploy (dev) has succeeded");
  expect(await pipeline.applied("13-consumer")).toEqual({ image: image("c"), memory: "2Gi" });
  // Were it the other way round, the reviewed plan would be done already, and nothing is left to do.
  const again = await pipeline.rerun(deployed);
  expect(again.results, again.output).toMatchObject(DEPLOYED);
  expect(await pipeline.applied("13-consumer")).toEqual({ image: image("c"), memory: "2Gi" });
});

it("a release brings an image and nothing else: what its stack changes is deployed before", async () => {
  const pull = await pipeline.propose(sha("c"), stacks("4Gi"));
  pipeline.merge(pull, sha("4"), STACK);
  // A later commit of the service alone, whose release is approved first.
  pipeline.push(sha("5"), stacks("4Gi"), SERVICE);
  const early = await release(sha("5"), "e");
  expect(early.results["service / release (dev)"]).toBe("failure");
  expect(early.output).toContain("something else than the image waits to be deployed, and goes first");
  expect(early.output).toContain("terraform_data.memory");
  expect(early.output).not.toContain("terraform_data.image:");
  expect(await pipeline.applied("13-consumer")).toEqual({ image: image("c"), memory: "2Gi" });
  expect((await deploy(sha("4"))).results).toMatchObject(DEPLOYED);
  const late = await release(sha("5"), "e");
  expect(late.results, late.output).toMatchObject(RELEASED);
  expect(await pipeline.applied("13-consumer")).toEqual({ image: image("e"), memory: "4Gi" });
});

it("another engine waits for its own image, what runs goes on, and the release makes the whole of it", async () => {
  const before = await pipeline.applied("13-consumer");
  const pull = await pipeline.propose(sha("d"), stacks("8Gi", "kcl_image"));
  pipeline.merge(pull, sha("6"), STACK);
  const deployed = await deploy(sha("6"));
  expect(deployed.results, deployed.output).toMatchObject(DEPLOYED);
  expect(deployed.output).toMatch(/waiting.*TF_VAR_kcl_image|no image yet: kcl_image/);
  expect(await pipeline.applied("13-consumer")).toEqual(before);
  pipeline.push(sha("7"), stacks("8Gi", "kcl_image"), SERVICE);
  const released = await release(sha("7"), "f");
  expect(released.results, released.output).toMatchObject(RELEASED);
  expect(await pipeline.applied("13-consumer")).toEqual({ image: image("f"), memory: "8Gi" });
});
