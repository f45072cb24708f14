import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerfileParser } from "dockerfile-ast";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, run } from "../support/run.ts";

const SERVICES = ["consumer", "log-generator"];

/** About what node:22-alpine takes, unpacked; the image adds the bundle and nothing else. */
const BASE_IMAGE_MIB = 165;
const IMAGE_LIMIT_MIB = 200;

describe.each(SERVICES)("the image of %s", (service) => {
  const dockerfile = DockerfileParser.parse(
    readFileSync(join(ROOT, `services/${service}/Dockerfile`), "utf8"),
  );
  const instructions = (name: string) =>
    dockerfile.getInstructions().filter((instruction) => instruction.getKeyword() === name);
  const texts = (name: string) =>
    instructions(name).map((instruction) => instruction.getArgumentsContent() ?? "");

  it("is made in two stages, from exact versions", () => {
    expect(texts("FROM")).toHaveLength(2);
    for (const from of texts("FROM")) expect(from).toMatch(/^node:\d+\.\d+\.\d+-alpine( AS build)?$/);
  });

  it("is built from the lockfile, on the Node that the checkout has", () => {
    expect(texts("COPY")[0]).toBe("package.json package-lock.json ./");
    expect(texts("RUN")[0]).toMatch(/^npm ci --ignore-scripts /);
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    for (const from of texts("FROM")) expect(from).toContain(`node:${devDependencies.node}-`);
  });

  it("runs as somebody who is not root, by number, without a shell in between", () => {
    const lines = dockerfile.getInstructions();
    const lastStage = lines.slice(lines.findLastIndex((line) => line.getKeyword() === "FROM"));
    const user = lastStage.find((line) => line.getKeyword() === "USER")?.getArgumentsContent();
    expect(user).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/);
    expect(JSON.parse(texts("ENTRYPOINT")[0] ?? "")[0]).toBe("node");
    expect(lastStage.filter((line) => ["ADD", "RUN"].includes(line.getKeyword()))).toEqual([]);
  });

  it("takes no secret along", () => {
    expect([...texts("ENV"), ...texts("ARG")].join()).not.toMatch(/key|secret|token|password|webhook/i);
    expect(texts("COPY").join()).not.toMatch(/\.env|\s\.\s/);
  });
});

describe("the image of airflow-dags", () => {
  const read = (name: string) => readFileSync(join(ROOT, "services/airflow-dags", name), "utf8");
  const lines = DockerfileParser.parse(read("Dockerfile")).getInstructions();
  const texts = (name: string) =>
    lines.filter((line) => line.getKeyword() === name).map((line) => line.getArgumentsContent() ?? "");
  const pinned = (file: string, name: string) =>
    new RegExp(`^${name}==(\\S+)$`, "m").exec(read(file))?.[1] ?? `${name} is not in ${file}`;

  it("is made from the Airflow and the Python that the tests run on", () => {
    const airflow = pinned("requirements.txt", "apache-airflow");
    const [, python] = /--python-version (3\.\d+) /.exec(read("requirements.txt")) ?? [];
    expect(texts("FROM")).toEqual([`apache/airflow:${airflow}-python${python}`]);
  });

  it("has what the DAGs import in the versions that the tests have", () => {
    const names = read("requirements.in").trim().split("\n");
    expect(names).toHaveLength(3);
    for (const line of names) {
      const [name = "", version] = line.split("==");
      expect(pinned("requirements.txt", name)).toBe(version);
    }
    expect(texts("RUN")[0]).toContain("--no-deps --requirement");
  });

  it("runs as somebody who is not root, by number, and takes no secret along", () => {
    expect(texts("USER").at(-1)).toBe("50000:0");
    expect([...texts("ENV"), ...texts("ARG")].join()).not.toMatch(/key|secret|token|password|webhook/i);
    expect(texts("COPY").join()).not.toMatch(/\.env|\s\.\s/);
  });
});

describe.each(SERVICES)("the bundle of %s", (service) => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    // Where no node_modules are near.
    folder = mkdtempSync(join(tmpdir(), "cali-bundle-"));
    file = join(folder, "main.mjs");
    const build = await run("npm", ["run", "build", "-w", `services/${service}`, "--", `--outfile=${file}`]);
    expect(build.code, build.stderr).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("stays small enough for an image under 200 MiB", () => {
    expect(statSync(file).size / 1024 ** 2).toBeLessThan(IMAGE_LIMIT_MIB - BASE_IMAGE_MIB);
  });

  it("runs by itself", async () => {
    const { code, stdout } = await run("node", [file, "--help"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: ${service}`);
  });
});

it("the log generator's bundle makes lines", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-bundle-"));
  try {
    const file = join(folder, "main.mjs");
    await run("npm", ["run", "build", "-w", "services/log-generator", "--", `--outfile=${file}`]);
    const { code, stdout } = await run("node", [file, "--count", "50", "--seed", "a"], { cwd: folder });
    expect(code).toBe(0);
    expect(
      stdout.split("\n").filter((line) => /^\[(DEBUG|INFO|WARN|ERROR|FATAL)\] /.test(line)),
    ).toHaveLength(50);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
