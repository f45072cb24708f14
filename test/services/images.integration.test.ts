import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerfileParser, type Instruction } from "dockerfile-ast";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN } from "../../services/consumer/build.ts";
import { ROOT, run } from "../support/run.ts";

const SERVICES = ["consumer", "log-generator"];

/** About what node:22-alpine takes, unpacked; the image adds the bundle and nothing else. */
const BASE_IMAGE_MIB = 165;
/** What npm takes of it, which the consumer's image takes out. */
const NPM_MIB = 19;
const IMAGE_LIMIT_MIB = 200;

/** A Dockerfile's stage. */
interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly lines: readonly Instruction[];
}

function stagesOf(dockerfile: string): Stage[] {
  const lines = DockerfileParser.parse(dockerfile).getInstructions();
  const starts = lines.flatMap((line, i) => (line.getKeyword() === "FROM" ? [i] : []));
  return starts.map((start, i) => {
    const [base = "", , name] = (lines[start]?.getArgumentsContent() ?? "").split(" ");
    return { base, name, lines: lines.slice(start + 1, starts[i + 1]) };
  });
}

/** What an image runs with: the lines of its stage, after those of the stages that it begins with. */
function imageLines(stages: readonly Stage[], stage: Stage): readonly Instruction[] {
  const base = stages.find(({ name }) => name !== undefined && name === stage.base);
  return base ? [...imageLines(stages, base), ...stage.lines] : stage.lines;
}

describe.each(SERVICES)("the image of %s", (service) => {
  const stages = stagesOf(readFileSync(join(ROOT, `services/${service}/Dockerfile`), "utf8"));
  const instructions = (name: string) =>
    stages.flatMap(({ lines }) => lines).filter((instruction) => instruction.getKeyword() === name);
  const texts = (name: string) =>
    instructions(name).map((instruction) => instruction.getArgumentsContent() ?? "");
  const bases = stages.map(({ base }) => base).filter((base) => !stages.some(({ name }) => name === base));
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

  it("is made in stages, from exact versions, on the Node that the checkout has", () => {
    const others = bases.filter((base) => base !== "scratch" && !base.startsWith("node:"));
    for (const base of others) expect(base).toMatch(/^[a-z-]+:\d+\.\d+\.\d+[\w.-]*-alpine$/);
    const nodes = bases.filter((base) => base.startsWith("node:"));
    expect(nodes).toEqual(Array(2).fill(`node:${devDependencies.node}-alpine`));
  });

  it("is built from all that the bundle is made of", async () => {
    const { metafile } = await build({
      entryPoints: [join(ROOT, `services/${service}/src/main.ts`)],
      absWorkingDir: ROOT,
      bundle: true,
      platform: "node",
      format: "esm",
      write: false,
      metafile: true,
      logLevel: "error",
    });
    const copied = texts("COPY").flatMap((copy) => copy.split(" ").slice(0, -1));
    const own = Object.keys(metafile.inputs).filter((file) => file.startsWith("services/"));
    expect(own.length).toBeGreaterThan(5);
    expect(
      own.filter(
        (file) => !file.includes("node_modules/") && !copied.some((from) => file.startsWith(`${from}/`)),
      ),
    ).toEqual([]);
  });

  it("is built from the lockfile", () => {
    expect(texts("COPY")[0]).toBe("package.json package-lock.json ./");
    expect(texts("RUN")[0]).toMatch(/^npm ci --ignore-scripts /);
  });

  it("runs as somebody who is not root, by number, without a shell in between", () => {
    const targets = stages.filter((stage) => stage === stages.at(-1) || stage.name === "kcl");
    for (const target of targets) {
      const lines = imageLines(stages, target);
      const user = lines.findLast((line) => line.getKeyword() === "USER")?.getArgumentsContent();
      expect(user).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/);
      expect(lines.filter((line) => ["ADD", "RUN"].includes(line.getKeyword()))).toEqual([]);
    }
    expect(JSON.parse(texts("ENTRYPOINT")[0] ?? "")[0]).toBe("node");
  });

  it("takes no secret along", () => {
    expect([...texts("ENV"), ...texts("ARG")].join()).not.toMatch(/key|secret|token|password|webhook/i);
    expect(texts("COPY").join()).not.toMatch(/\.env|\s\.\s/);
  });
});

describe("the consumer's image for engine kcl", () => {
  const read = (name: string) => readFileSync(join(ROOT, "services/consumer", name), "utf8");
  const stages = stagesOf(read("Dockerfile"));
  const texts = (name: string | undefined, keyword: string) =>
    (stages.find((stage) => stage.name === name)?.lines ?? [])
      .filter((line) => line.getKeyword() === keyword)
      .map((line) => line.getArgumentsContent() ?? "");
  const locked = read("kcl/jars.sha256").trim().split("\n");
  const pom = read("kcl/pom.xml");

  it("is what the other one is, with Java and the daemon's jars", () => {
    expect(stages.find(({ name }) => name === "kcl")?.base).toBe("single");
    expect(stages.at(-1)).toMatchObject({ base: "single", name: undefined, lines: [] });
    expect(texts("kcl", "COPY").map((copy) => copy.split(" ").at(-1))).toEqual([
      "/opt/java/openjdk",
      "/app/kcl",
    ]);
    expect(texts("kcl", "ENV")[0]).toContain(" PATH=/opt/java/openjdk/bin:");
    expect(texts("kcl", "ENV")[0]).toContain(texts("single", "ENV")[0]?.replace(/^PATH=/, ""));
  });

  it("has the jars of the list, each with its checksum, and no others", () => {
    const [run = ""] = texts("jars", "RUN");
    expect(run).toContain("sha256sum -c /build/jars.sha256");
    expect(run).toContain('test "$(ls /jars | wc -l)" -eq "$(wc -l < /build/jars.sha256)"');
    const names = locked.map((line) => /^[0-9a-f]{64} {2}([\w.-]+\.jar)$/.exec(line)?.[1]);
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(names.length);
    const [, version] = /<kcl\.version>(.+)<\/kcl\.version>/.exec(pom) ?? [];
    for (const part of ["amazon-kinesis-client", "amazon-kinesis-client-multilang"]) {
      expect(names, "`npm run kcl:jars` writes the list").toContain(`${part}-${version}.jar`);
    }
  });

  it("has nothing that only the Glue Schema Registry uses", () => {
    const excluded = /\b(kafka|kotlin|wire|scala|avro|okio|okhttp|glue-2|zstd|snappy|lz4|classgraph|everit)/;
    expect(locked.filter((line) => excluded.test(line))).toEqual([]);
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

describe("the consumer's bundle", () => {
  let folder: string;
  beforeAll(async () => {
    // Where no node_modules are near.
    folder = mkdtempSync(join(tmpdir(), "cali-bundle-"));
    const { code, stderr } = await run("npm", [
      "run",
      "build",
      "-w",
      "services/consumer",
      "--",
      "--outdir",
      folder,
    ]);
    expect(code, stderr).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("stays small enough for an image under 200 MiB", () => {
    const bytes = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => statSync(join(folder, name)))
      .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
    expect(bytes / 1024 ** 2).toBeLessThan(IMAGE_LIMIT_MIB - (BASE_IMAGE_MIB - NPM_MIB));
  });

  it("runs by itself", async () => {
    const { code, stdout } = await run("node", ["main.mjs", "--help"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: consumer");
  });

  it("starts without Milvus' client, which most consumers never use", () => {
    const textOf = (file: string) => readFileSync(join(folder, file), "utf8");
    const started = new Set(["main.mjs"]);
    for (const file of started) {
      for (const [, part = ""] of textOf(file).matchAll(/\b(?:from|import)"\.\/([\w.-]+\.mjs)"/g))
        started.add(part);
    }
    const client = readdirSync(folder).filter(
      (file) => file.endsWith(".mjs") && textOf(file).includes("milvus.proto.milvus"),
    );
    expect(client).toHaveLength(1);
    expect([...started]).not.toContain(client[0]);
    expect(started.size).toBeGreaterThan(1);
  });

  it("has the packaged model's thread, which embeds", async () => {
    const source = `
      import { PackagedEmbedder } from "./src/cause/embedding/packaged-embedder.ts";
      const vectors = await new PackagedEmbedder({ timeoutMs: 60_000 }).embed(["connection refused", "no such table"]);
      console.log(vectors.map(({ length }) => length).join());`;
    // Beside the program, as a part of which it is bundled.
    await build({
      ...MAIN,
      stdin: { contents: source, resolveDir: join(ROOT, "services/consumer") },
      outfile: join(folder, "embed.mjs"),
    });
    const { stdout, stderr } = await run("node", ["embed.mjs"], { cwd: folder });
    expect(stdout, stderr).toBe("512,512\n");
  });
});

/** What bundles well may still look for files of its own when it is used. */
it("a bundle has the whole of Milvus' client, and does without sqlite-vec where there is none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-bundle-"));
  try {
    const source = `
      import { DatabaseSync } from "node:sqlite";
      import { MilvusClient } from "@zilliz/milvus2-sdk-node";
      import { load } from "sqlite-vec";
      const client = new MilvusClient({ address: "127.0.0.1:1", timeout: 500, maxRetries: 0, retryDelay: 1 });
      await client.connectPromise.catch((error) => console.log("milvus", error.code));
      await client.closeConnection();
      try {
        load(new DatabaseSync(":memory:", { allowExtension: true }));
      } catch (error) {
        console.log("sqlite-vec", error.code);
      }`;
    const file = join(folder, "main.mjs");
    await build({
      ...MAIN,
      stdin: { contents: source, resolveDir: join(ROOT, "services/consumer") },
      outfile: file,
    });
    const { code, stdout, stderr } = await run("node", [file], { cwd: folder });
    // The client says more where NODE_ENV is not "production".
    expect(stdout, stderr).toMatch(/^milvus 14\nsqlite-vec ERR_MODULE_NOT_FOUND\n$/m);
    expect(code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe("the log generator's bundle", () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    // Where no node_modules are near.
    folder = mkdtempSync(join(tmpdir(), "cali-bundle-"));
    file = join(folder, "main.mjs");
    const { code, stderr } = await run("npm", [
      "run",
      "build",
      "-w",
      "services/log-generator",
      "--",
      `--outfile=${file}`,
    ]);
    expect(code, stderr).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("stays small enough for an image under 200 MiB", () => {
    expect(statSync(file).size / 1024 ** 2).toBeLessThan(IMAGE_LIMIT_MIB - BASE_IMAGE_MIB);
  });

  it("runs by itself", async () => {
    const { code, stdout } = await run("node", [file, "--help"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: log-generator");
  });

  it("makes lines", async () => {
    const { code, stdout } = await run("node", [file, "--count", "50", "--seed", "a"], { cwd: folder });
    expect(code).toBe(0);
    expect(
      stdout.split("\n").filter((line) => /^\[(DEBUG|INFO|WARN|ERROR|FATAL)\] /.test(line)),
    ).toHaveLength(50);
  });
});
