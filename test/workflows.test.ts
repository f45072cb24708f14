import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import picomatch from "picomatch";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { programWith } from "../delivery/program.ts";
import { ROOT, run } from "./support/run.ts";
import { filled } from "./support/workflow-run.ts";

const program = await programWith(() => true);
const stepSchema = z.object({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.unknown()).optional(),
  if: z.string().optional(),
});
const jobSchema = z.object({
  if: z.string().optional(),
  permissions: z.record(z.string(), z.enum(["read", "write", "none"])),
  environment: z.string().optional(),
  "timeout-minutes": z.number().optional(),
  concurrency: z
    .object({
      group: z.string(),
      "cancel-in-progress": z.union([z.boolean(), z.string()]),
    })
    .optional(),
  uses: z.string().optional(),
  env: z.record(z.string(), z.unknown()).optional(),
  steps: z.array(stepSchema).default([]),
});
const trigger = z.object({ paths: z.array(z.string()).optional(), branches: z.array(z.string()).optional() });
const workflowSchema = z.object({
  on: z
    .object({ pull_request: trigger.nullish(), push: trigger.nullish(), merge_group: trigger.nullish() })
    .loose(),
  permissions: z.record(z.string(), z.string()),
  concurrency: jobSchema.shape.concurrency,
  env: z.record(z.string(), z.unknown()).optional(),
  jobs: z.record(z.string(), jobSchema.partial({ permissions: true })),
});
const actionSchema = z.object({ runs: z.object({ steps: z.array(stepSchema) }) });

const read = (path: string) => parse(readFileSync(join(ROOT, path), "utf8"), { merge: true });
const FOLDER = ".github/workflows";
const workflows = Object.fromEntries(
  readdirSync(join(ROOT, FOLDER)).map((file) => [file, workflowSchema.parse(read(`${FOLDER}/${file}`))]),
);
const setup = actionSchema.parse(read(".github/actions/setup/action.yml"));
const jobs = Object.entries(workflows).flatMap(([file, workflow]) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ place: `${file} ${name}`, workflow, job })),
);
const steps = [
  ...jobs.flatMap(({ place, job }) => job.steps.map((step) => ({ place, step }))),
  ...setup.runs.steps.map((step) => ({ place: "setup", step })),
];

/** Which workflows a push of this file starts. */
function startedBy(path: string): string[] {
  return Object.entries(workflows)
    .filter(([, { on }]) => on.push?.paths && picomatch(on.push.paths)(path))
    .map(([file]) => file.replace(".yml", ""))
    .sort();
}

describe("what starts which workflow", () => {
  it.each([
    ["stacks/01-kinesis.ts", ["terraform"]],
    ["stacks/07-ecr.ts", ["terraform"]],
    ["config/dev.yaml", ["helm", "terraform"]],
    ["constructs/handle.ts", ["helm", "terraform"]],
    ["stacks/09-fluent-bit.ts", ["helm"]],
    ["stacks/11-airflow.ts", ["helm"]],
    ["helm-values/milvus-values.yaml", ["helm"]],
    ["services/consumer/src/main.ts", ["consumer"]],
    ["stacks/13-consumer.ts", ["helm"]],
    ["services/log-generator/src/main.ts", ["log-generator"]],
    ["stacks/12-log-generator.ts", ["helm"]],
    ["packages/log-record/src/line.ts", ["consumer", "log-generator"]],
    ["packages/settings/src/check.ts", ["consumer", "helm", "log-generator", "terraform"]],
    ["packages/base/src/text.ts", ["consumer", "helm", "log-generator", "terraform"]],
    ["services/airflow-dags/dags/cali.py", ["airflow-dags"]],
    ["docs/operations.md", []],
    ["README.md", []],
    ["local/main.ts", []],
    ["test/synth.integration.test.ts", []],
  ])("%s: %j", (path, started) => {
    expect(startedBy(path)).toEqual(started);
  });

  it("every path that is named exists", () => {
    const files = readdirSync(ROOT, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
    for (const [file, { on }] of Object.entries(workflows)) {
      for (const path of on.push?.paths ?? []) {
        const matches = picomatch(path, { dot: true });
        expect(
          files.some((one) => matches(one)),
          `${file}: ${path}`,
        ).toBe(true);
      }
    }
  });

  it("only main is deployed from", () => {
    for (const [file, { on }] of Object.entries(workflows)) {
      if (on.push) expect(on.push.branches, file).toEqual(["main"]);
    }
  });
});

describe("actions", () => {
  const used = steps.flatMap(({ step }) => step.uses ?? []);
  it("are pinned by commit, with the version in a comment", () => {
    for (const folder of [FOLDER, ".github/actions/setup"]) {
      for (const file of readdirSync(join(ROOT, folder))) {
        for (const line of readFileSync(join(ROOT, folder, file), "utf8").split("\n")) {
          const [, uses] = /\buses: (\S+)/.exec(line) ?? [];
          if (!uses || uses.startsWith("./")) continue;
          expect(line, file).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
        }
      }
    }
    expect(used.length).toBeGreaterThan(20);
  });

  it("have one version each", () => {
    const versions = new Map<string, Set<string>>();
    for (const uses of used) {
      const [action = "", version = ""] = uses.split("@");
      versions.set(action, (versions.get(action) ?? new Set()).add(version));
    }
    for (const [action, { size }] of versions) expect(size, action).toBe(1);
  });

  it("leave no token in the checkout", () => {
    for (const { place, step } of steps) {
      if (step.uses?.startsWith("actions/checkout@")) {
        expect(step.with?.["persist-credentials"], place).toBe(false);
      }
    }
  });
});

describe("permissions", () => {
  it("are nothing but what each job says", () => {
    for (const [file, { permissions }] of Object.entries(workflows)) {
      if (file !== "ci.yml") expect(permissions, file).toEqual({});
    }
    expect(workflows["ci.yml"]?.permissions).toEqual({ contents: "read" });
  });

  it("write only what a job has to", () => {
    const writes = jobs.map(({ place, job }) => [
      place,
      Object.entries(job.permissions ?? {}).flatMap(([what, access]) => (access === "write" ? [what] : [])),
    ]);
    expect(Object.fromEntries(writes.filter(([, what]) => what?.length))).toEqual({
      "airflow-dags.yml service": ["id-token", "pull-requests"],
      "ci.yml pull-request": ["id-token", "issues", "pull-requests"],
      "consumer.yml service": ["id-token", "pull-requests"],
      "drift.yml drift": ["id-token", "issues"],
      "helm.yml cluster": ["id-token", "pull-requests"],
      "log-generator.yml service": ["id-token", "pull-requests"],
      "plan-and-deploy.yml deploy": ["id-token", "pull-requests"],
      "plan-and-deploy.yml plan": ["id-token"],
      "prices.yml refresh": ["contents", "pull-requests"],
      "pull-request.yml plan": ["id-token", "issues", "pull-requests"],
      "service.yml release": ["id-token", "pull-requests"],
      "terraform.yml infrastructure": ["id-token", "pull-requests"],
    });
  });

  it("a pull request from a fork gets no credentials", () => {
    for (const { place, workflow, job } of jobs) {
      // Nobody's pull request starts a schedule, or what somebody with write access starts by hand.
      if (!Object.keys(workflow.on).some((event) => /^(pull_request|workflow_)(?!dispatch)/.test(event)))
        continue;
      const logsIn = job.steps.some(
        (step) => step.uses === "./.github/actions/setup" && step.with?.login !== "false",
      );
      if (!logsIn) continue;
      expect(job.if, place).toMatch(
        /head\.repo\.full_name == github\.repository|github\.ref == 'refs\/heads\/main'/,
      );
    }
  });
});

const NOT_COVERED = "steps.turn.outputs.superseded != 'true'";

/** An install that sees nothing of the job's environment, in which secrets stand, and the token for OIDC. */
const CLEAN_INSTALL = 'env -i HOME="$HOME" PATH="$PATH" npm ci';

describe("secrets", () => {
  it("are in the jobs that need them, not in all of a workflow's", () => {
    for (const [file, { env }] of Object.entries(workflows)) {
      expect(JSON.stringify(env ?? {}), file).not.toMatch(/secrets\.|github\.token/);
    }
    const needy = jobs.filter(({ job }) => JSON.stringify(job.env ?? {}).includes("secrets."));
    for (const { place, job } of needy) {
      expect(
        job.steps.some(({ run = "" }) => /cali\.js (plan|deploy|release|drift)\b/.test(run)),
        place,
      ).toBe(true);
    }
    expect(needy).toHaveLength(5);
  });

  it("and the token for OIDC are not seen by what others wrote while it is installed", () => {
    const installs = steps.filter(({ step }) => /npm (ci|install|i)\b/.test(step.run ?? ""));
    for (const { place, step } of installs) expect(step.run?.startsWith(CLEAN_INSTALL), place).toBe(true);
    expect(installs).toHaveLength(3);
  });
});

describe("jobs", () => {
  it("end by themselves", () => {
    for (const { place, job } of jobs)
      if (!job.uses) expect(job["timeout-minutes"], place).toBeGreaterThan(0);
  });

  it("that deploy, or say what is deployed, can ask whether main went on", () => {
    for (const { place, job } of jobs) {
      const asks = job.steps.filter(({ run = "" }) => /cali\.js (deploy|release|drift)\b/.test(run));
      if (asks.length === 0) continue;
      expect(job.permissions, place).toMatchObject({ contents: "read", actions: "read" });
      for (const { env = {} } of asks)
        expect({ ...job.env, ...env }, place).toMatchObject({ GITHUB_TOKEN: "${{ github.token }}" });
    }
  });

  // The runner signals a step's first process only, so that must be cali itself, and kills it after 10 s
  // (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation); steps with always() run for 5 minutes more.
  it("that take a state's lock give it back when they are cancelled", () => {
    let count = 0;
    for (const { place, job } of jobs) {
      const last = job.steps.findLastIndex(({ run = "" }) =>
        /cali\.js (plan|deploy|release|drift)\b/.test(run),
      );
      if (last < 0) continue;
      count++;
      expect(job.steps[last + 1], place).toEqual({ if: "always()", run: "exec node bin/cali.js unlock" });
    }
    expect(count).toBe(5);
  });

  // A job that waits for its environment's approval has its place in a concurrency group already, and holds it for days.
  it("that deploy are approved, and then take their turn; all others replace each other", () => {
    for (const { place, workflow, job } of jobs) {
      if (job.uses) continue;
      const concurrency = job.concurrency ?? workflow.concurrency;
      const [first] = job.steps.filter(({ run = "" }) => /cali\.js (deploy|release)\b/.test(run));
      if (!first) {
        expect(concurrency?.["cancel-in-progress"], place).toBeTruthy();
        continue;
      }
      expect(concurrency, place).toBeUndefined();
      const name = place.split(" ")[1];
      const turn = job.steps.findIndex(({ run = "" }) =>
        run.startsWith(`exec node bin/cali.js take-turn --job "${name} ($CALI_ENV)"`),
      );
      expect(turn, place).toBeGreaterThan(0);
      expect(job.steps.indexOf(first), place).toBeGreaterThan(turn);
      // Nothing of an older commit is done where a later run covers it.
      for (const { if: condition = "", run = "" } of job.steps.slice(turn + 1)) {
        if (!/cali\.js (unlock|result|notify)\b/.test(run))
          expect(condition, `${place}: ${run}`).toContain(NOT_COVERED);
      }
      expect(job.environment, place).toContain("'production'");
      expect(job.if, place).toContain("github.ref == 'refs/heads/main'");
    }
  });
});

describe("two environments", () => {
  const vars = { AWS_PLAN_ROLE_ARNS: '{"dev":"arn:dev","prod":"arn:prod"}', AWS_ROLE_ARN: "arn:deploy" };
  const evaluate = (text: unknown, environment: string, variables: Readonly<Record<string, string>>) =>
    filled(String(text), { vars: variables, matrix: { environment }, secrets: {} });
  const roles = jobs.flatMap(({ place, job }) =>
    job.steps.flatMap(({ with: given }) =>
      given?.["role-arn"] ? [{ place, job, role: given["role-arn"] }] : [],
    ),
  );

  // A job without `environment:` sees the repository's variables only, and with one it waits for its approval:
  // https://docs.github.com/en/actions/reference/workflows-and-actions/variables
  it("are planned with a role each, though no environment is asked for its approval", () => {
    const planning = roles.filter(({ job }) => job.environment === undefined);
    expect(planning.map(({ place }) => place).sort()).toEqual([
      "drift.yml drift",
      "plan-and-deploy.yml plan",
      "pull-request.yml plan",
    ]);
    for (const { place, role } of planning) {
      expect(evaluate(role, "dev", vars), place).toBe("arn:dev");
      expect(evaluate(role, "prod", vars), place).toBe("arn:prod");
      // One role, as before there were two environments.
      expect(evaluate(role, "dev", { AWS_ROLE_ARN: "arn:one" }), place).toBe("arn:one");
    }
  });

  it("are deployed with the role of the environment that approved", () => {
    for (const { place, role } of roles.filter(({ job }) => job.environment !== undefined)) {
      expect(evaluate(role, "prod", vars), place).toBe("arn:deploy");
    }
  });
});

const PRINT_PROGRAM =
  'node --disable-warning=ExperimentalWarning scripts/print-program.ts >> "$GITHUB_OUTPUT"';

describe("the setup", () => {
  it.each(["terraform", "tofu"])(
    "installs OpenTofu where the environment runs on it: %s",
    async (program) => {
      const steps = setup.runs.steps.map(({ uses = "", run, if: condition }) => ({ uses, run, condition }));
      const place = steps.findIndex(({ run }) => run === PRINT_PROGRAM);
      const installs = steps.findIndex(({ uses }) => uses.startsWith("opentofu/setup-opentofu@"));
      expect(place).toBeGreaterThan(steps.findIndex(({ run = "" }) => run.startsWith(CLEAN_INSTALL)));
      expect(installs).toBeGreaterThan(place);
      expect(steps[installs]?.condition).toBe("steps.program.outputs.program == 'tofu'");
      const folder = mkdtempSync(join(tmpdir(), "cali-setup-"));
      const env = { GITHUB_OUTPUT: join(folder, "output"), CALI_TERRAFORM_PROGRAM: program };
      const { code, stderr } = await run("bash", ["-c", PRINT_PROGRAM], { env });
      expect([code, stderr]).toEqual([0, ""]);
      expect(readFileSync(env.GITHUB_OUTPUT, "utf8")).toBe(`program=${program}\n`);
      rmSync(folder, { recursive: true, force: true });
    },
  );
});

describe("run steps", () => {
  const runs = steps.flatMap(({ place, step }) =>
    step.run === undefined ? [] : [{ place, line: step.run }],
  );
  const scripts = z.object({ scripts: z.record(z.string(), z.string()) }).parse(read("package.json")).scripts;

  it("are one line each: what takes more stands in a command", () => {
    for (const { place, line } of runs) expect(line.trim(), place).not.toContain("\n");
  });

  it("take nothing from outside but through the environment", () => {
    for (const { place, line } of runs) {
      expect(line, place).not.toContain("${{");
    }
  });

  it("call npm scripts, cali commands and options that exist", () => {
    const calls = runs.flatMap(({ place, line }) => {
      const [, name = "", words = ""] = /^exec node bin\/cali\.js (\S+)(.*)$/.exec(line) ?? [];
      if (name) return [{ place, name, words }];
      const [, script] = /^npm (?:run )?(lint|typecheck|test(?::nightly)?)\b/.exec(line) ?? [];
      const isKnown =
        line.startsWith(CLEAN_INSTALL) ||
        (script && scripts[script]) ||
        /^\.ci\/run (lint|unit|integration|cluster)$/.test(line) ||
        line.startsWith("npx commitlint ") ||
        line === PRINT_PROGRAM ||
        line === 'echo "$RESULTS" && exit 1' ||
        line.startsWith("cosign sign ");
      expect(isKnown, `${place}: ${line}`).toBeTruthy();
      return [];
    });
    for (const { place, name, words } of calls) {
      const command = program.commands.find((one) => one.name() === name);
      expect(command, `${place}: cali ${name}`).toBeDefined();
      for (const [option] of words.matchAll(/--[\w-]+/g)) {
        expect(
          command?.options.map(({ long }) => long),
          `${place}: cali ${name} ${option}`,
        ).toContain(option);
      }
    }
    expect(calls.length).toBeGreaterThan(10);
  });
});
