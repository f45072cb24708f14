import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { strToU8, zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Application, SynthesizedStack } from "../../delivery/core/application/application.ts";
import type { PlannedStack } from "../../delivery/core/planning/plan-stack.ts";
import { waitingInstead } from "../../delivery/core/planning/waiting.ts";
import { followProgress } from "../../delivery/core/terraform/follow.ts";
import { removeHalfWritten } from "../../delivery/core/terraform/initialized.ts";
import { initSafely } from "../../delivery/core/terraform/install.ts";
import { durationMs, wasLockGone } from "../../delivery/core/terraform/lock-wait.ts";
import { stateOfPlan } from "../../delivery/core/terraform/plan-file.ts";
import { Secrets } from "../../delivery/core/terraform/secrets.ts";
import { start } from "../../delivery/core/terraform/start.ts";
import { Terraform } from "../../delivery/core/terraform/terraform.ts";
import { FakeTerraform } from "../support/fake-terraform.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-terraform-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("says nothing of the value that no program can be started with", () => {
  const env = { TF_VAR_password: "s3cret\0x" };
  expect(() => start("terraform", ["version"], { env })).toThrow(
    "TF_VAR_password: given a value with a NUL byte, allowed: text without one",
  );
});

describe("the state of a plan", () => {
  const planWith = (files: Record<string, string>) => {
    const file = join(folder, "plan");
    writeFileSync(file, zipSync(Object.fromEntries(Object.entries(files).map(([k, v]) => [k, strToU8(v)]))));
    return file;
  };

  it("is read from the plan's own file", async () => {
    const tfstate = JSON.stringify({ lineage: "l", serial: 7, outputs: {}, resources: [{}] });
    expect(await stateOfPlan(planWith({ tfplan: "", tfstate }))).toEqual({
      lineage: "l",
      serial: 7,
      outputs: {},
      resources: [{}],
      isEmpty: false,
    });
  });

  it.each([
    ["a plan without a state", () => planWith({ tfplan: "" })],
    ["a state that is none", () => planWith({ tfstate: '{"serial":-1}' })],
    ["no plan at all", () => planWith({}).replace("plan", "other")],
  ])("is refused with the file's name: %s", async (_, file) => {
    await expect(stateOfPlan(file())).rejects.toThrow(folder);
  });
});

it("the last lines of an apply that fails are its own, not an earlier one's in the same log", async () => {
  const fake = new FakeTerraform(folder);
  vi.stubEnv("PATH", fake.path);
  try {
    const log = join(folder, "one.log");
    const fails = (text: string) => {
      const stack = fake.stack({ name: "one", before: { apply: `${text}; exit 1` } });
      const terraform = new Terraform({
        ...{ program: fake.program, folder: stack.folder, secrets: new Secrets({}), lockTimeout: "1s" },
        pluginCache: join(folder, "cache"),
      });
      return terraform.apply(join(folder, "plan"), log).then(
        () => expect.fail("it did not fail"),
        (error: Error) => error.message,
      );
    };
    expect(await fails("echo first trouble")).toContain("first trouble");
    const second = await fails("echo second trouble");
    expect(second).toContain("second trouble");
    expect(second).not.toContain("first trouble");
    expect(await fails("true")).not.toContain("trouble");
    expect(readFileSync(log, "utf8")).toBe("first trouble\nsecond trouble\n");
  } finally {
    vi.unstubAllEnvs();
  }
});

describe("secrets in variable files", () => {
  it.each([
    ["terraform.tfvars", 'region = "here"\n  password = "hunter2\\"x$${y}"\n'],
    ["more.auto.tfvars", 'password = <<EOT\nhunter2"x${y}\nEOT\n'],
    ["terraform.tfvars.json", JSON.stringify({ password: 'hunter2"x${y}', region: "here" })],
  ])("of %s are taken out, and other values are not", async (name, text) => {
    writeFileSync(join(folder, name), text);
    const secrets = await Secrets.ofVariables({}, ["password"], [folder]);
    expect(secrets.redact('here: hunter2"x${y}')).toBe("here: (sensitive)");
  });

  it("however the value is quoted", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 4, unit: "grapheme" }).filter((text) => text.trim().length >= 4),
        async (value) => {
          const quoted = JSON.stringify(value).replaceAll("${", "$${").replaceAll("%{", "%%{");
          writeFileSync(join(folder, "terraform.tfvars"), `password = ${quoted}\n`);
          const secrets = await Secrets.ofVariables({}, ["password"], [folder]);
          expect(secrets.redact(`<<${value}>>`)).toBe("<<(sensitive)>>");
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("a stack that fails while another was never applied", () => {
  const stack = (name: string, dependencies: string[] = []): SynthesizedStack => ({
    name,
    folder: name,
    dependencies,
    sensitiveVariables: [],
    requiredVariables: [],
    outputs: [],
    providers: [],
    stateKey: undefined,
  });
  const empty = { lineage: "", serial: 0, outputs: {}, resources: [], isEmpty: true };
  const stacks = [stack("05-eks"), stack("08-cluster", ["05-eks"])] as const;
  const application: Application = { stacks, digest: "" };
  const first: PlannedStack = {
    stack: stacks[0],
    status: "planned",
    state: empty,
    lockDigest: undefined,
    hasChanges: true,
    durationMs: 1,
  };
  const statusOf = (reason: string) => {
    const failed: PlannedStack = { stack: stacks[1], status: "failed", state: empty, reason, durationMs: 1 };
    return waitingInstead(failed, [first, failed], application).status;
  };
  const lookup = (what: string) =>
    `terraform plan ended with 1:\n│ Error: ${what}\n│   with data.aws_eks_cluster.main,\n│   on cdk.tf.json line 9`;

  it("waits when all that failed is a lookup that found nothing", () => {
    expect(statusOf(lookup("reading EKS Cluster (cali-dev): couldn't find resource"))).toBe("waiting");
  });

  it.each([
    ["a lookup that nobody may do", lookup("AccessDeniedException: not authorized to perform eks:Describe")],
    ["a login that is over", lookup("ExpiredToken: the security token included in the request is expired")],
    ["a mistake in the configuration", "│ Error: Unsupported argument\n│   on cdk.tf.json line 3"],
    ["a mistake beside a lookup", `${lookup("couldn't find resource")}\n│ Error: Invalid value for variable`],
    ["no error that Terraform reported", "terraform plan was ended by SIGKILL:\n"],
  ])("has failed when it is %s", (_, reason) => {
    expect(statusOf(reason)).toBe("failed");
  });
});

describe("what a killed init has left", () => {
  const notes = ["terraform.tfstate", "modules/modules.json"].map((name) => join(".terraform", name));

  it.each(["", "\n", '{"version": 3, "terraform_ver'])(
    "is taken away where it is no JSON: %j",
    async (text) => {
      for (const note of notes) write(note, text);
      await removeHalfWritten(folder);
      expect(notes.filter((note) => existsSync(join(folder, note)))).toEqual([]);
    },
  );

  it("stays where it is whole", async () => {
    for (const note of notes) write(note, "{}");
    await removeHalfWritten(folder);
    expect(notes.filter((note) => existsSync(join(folder, note)))).toEqual(notes);
  });

  function write(note: string, text: string): void {
    mkdirSync(join(folder, note, ".."), { recursive: true });
    writeFileSync(join(folder, note), text);
  }
});

describe("terraform init side by side", () => {
  it("never runs two that may download, and runs together those that only link", async () => {
    const init = initSafely();
    let now = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    const work = () => {
      most = Math.max(most, ++now);
      return new Promise<void>((resolve) =>
        gates.push(() => {
          now--;
          resolve();
        }),
      );
    };
    const all = [init(["aws 5"], work), init(["aws 5"], work), init(["aws 5"], work), init([], work)];
    await expect.poll(() => gates.length).toBe(1);
    gates.shift()?.();
    await expect.poll(() => gates.length).toBe(3);
    for (const open of gates) open();
    await Promise.all(all);
    expect(most).toBe(3);
  });

  it("lets the next one bring the providers when one failed", async () => {
    const init = initSafely();
    await expect(init(["aws 5"], () => Promise.reject(new Error("no network")))).rejects.toThrow(
      "no network",
    );
    const second = vi.fn(async () => {});
    await init(["aws 5"], second);
    expect(second).toHaveBeenCalledOnce();
  });
});

it.each([
  [
    "in the bucket",
    "PutObject, StatusCode: 412, PreconditionFailed\\nGetObject, StatusCode: 404, NoSuchKey",
    true,
  ],
  ["in the bucket, at once with another", "StatusCode: 409, ConditionalRequestConflict", true],
  ["in the table", "PutItem, ConditionalCheckFailedException: no lock info found for", true],
  ["that somebody has", "PutObject, PreconditionFailed\\nLock Info:\\n  ID: 5c0a", false],
  ["that this role may not take", "PutObject, StatusCode: 403, AccessDenied", false],
])("a lock %s: whether it is tried again", (_, said, isTried) => {
  expect(wasLockGone(`Error: Error acquiring the state lock\n\nError message: ${said}`)).toBe(isTried);
  expect(wasLockGone(`Error: ${said}`)).toBe(false);
});

it.each([
  ["0s", 0],
  ["45s", 45_000],
  ["5m", 300_000],
  ["2h", 7_200_000],
])("--lock-timeout %s is %d ms", (text, ms) => expect(durationMs(text)).toBe(ms));

it("follows what a log says of resources, from now on", async () => {
  const log = join(folder, "log");
  writeFileSync(log, "aws_s3_bucket.old: Creating...\n");
  const lines: string[] = [];
  const stop = followProgress(log, (line) => lines.push(line));
  appendFileSync(log, "\nPlan: 1 to add\naws_eks_cluster.main: Crea");
  expect(lines).toEqual([]);
  appendFileSync(log, "ting...\naws_eks_cluster.main: Still creating... [00m10s elapsed]\n");
  appendFileSync(log, "aws_eks_cluster.main: Still creating... [02m00s elapsed]\n");
  appendFileSync(log, "aws_eks_cluster.main: Creation complete after 9m1s [id=cali]\npassword = x\n");
  await stop();
  expect(lines).toEqual([
    "aws_eks_cluster.main: Creating...",
    "aws_eks_cluster.main: Still creating... [02m00s elapsed]",
    "aws_eks_cluster.main: Creation complete after 9m1s [id=cali]",
  ]);
});
