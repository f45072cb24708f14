import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PageFiles } from "./app.ts";

const PAGE = join(import.meta.dirname, "..", "page");

/** The page's files: those beside the bundled program, or else made of their sources now. */
export async function pageFiles(): Promise<PageFiles> {
  const file = (name: string) => readFile(join(import.meta.dirname, name), "utf8");
  if (existsSync(PAGE)) {
    const page = await buildPage();
    // Its process would stay, and be asked every second whether it does. Where the consumer is bundled it is at work on other files.
    const { stop } = await import("esbuild");
    await stop();
    return page;
  }
  return { html: await file("page.html"), script: await file("page.js"), style: await file("page.css") };
}

async function buildPage(): Promise<PageFiles> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [join(PAGE, "page.tsx")],
    outdir: "/",
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    legalComments: "none",
    logLevel: "silent",
  });
  const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
  return { html: await readFile(join(PAGE, "page.html"), "utf8"), script: text(".js"), style: text(".css") };
}

/** Writes what the console needs to run without its sources: `worker.mjs`, and the page. @param folder beside the program, `console/` */
export async function bundleConsole(folder: string): Promise<void> {
  const { build } = await import("esbuild");
  await mkdir(folder, { recursive: true });
  const { html, script, style } = await buildPage();
  await Promise.all([
    writeFile(join(folder, "page.html"), html),
    writeFile(join(folder, "page.js"), script),
    writeFile(join(folder, "page.css"), style),
    build({
      entryPoints: [join(import.meta.dirname, "worker.ts")],
      outfile: join(folder, "worker.mjs"),
      bundle: true,
      platform: "node",
      target: "node22",
      format: "esm",
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: "none",
      logLevel: "warning",
      external: ["esbuild"],
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    }),
  ]);
}
