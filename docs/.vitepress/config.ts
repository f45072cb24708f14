import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { type DefaultTheme, defineConfig } from "vitepress";

/** `npm run docs:site` makes a site of docs/ in `.cali/site`. Links that lead nowhere fail it. */
const DOCS = resolve(import.meta.dirname, "..");
const ROOT = dirname(DOCS);
/** Where files outside of docs/ are shown; GitHub's workflows say the repository. */
const { GITHUB_SERVER_URL = "https://github.com", GITHUB_REPOSITORY } = process.env;
const SOURCE = GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/blob/main`;

const titleOf = (file: string) =>
  /^# (.+)$/m.exec(readFileSync(join(DOCS, file), "utf8"))?.[1] ?? file.replace(/\.md$/, "");
const page = (name: string, folder = ""): DefaultTheme.SidebarItem => ({
  text: titleOf(`${folder}${name}.md`),
  link: `/${folder}${name}`,
});
const pagesIn = (folder: string) =>
  readdirSync(join(DOCS, folder))
    .filter((file) => file.endsWith(".md") && file !== "index.md")
    .map((file) => page(file.replace(/\.md$/, ""), `${folder}/`));

export default defineConfig({
  title: "CALI",
  description: "Cloud-native AI Log Insight: a log platform on AWS, made and changed by git push only",
  // Pages are under /<repository>/ where GitHub serves them.
  base: GITHUB_REPOSITORY ? `/${GITHUB_REPOSITORY.split("/")[1]}/` : "/",
  outDir: join(ROOT, ".cali/site"),
  cacheDir: join(ROOT, ".cali/site-cache"),
  cleanUrls: true,
  locales: {
    root: { label: "English", lang: "en" },
    ko: { label: "한국어", lang: "ko", themeConfig: { outline: { level: [2, 3], label: "이 페이지" } } },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: {
      "/ko/": [{ text: "안내", items: pagesIn("ko") }],
      "/": [
        {
          text: "Use",
          items: ["getting-started", "reference", "overrides", "migrating"].map((name) => page(name)),
        },
        { text: "Run", items: ["operations", "pipeline", "security", "knowledge"].map((name) => page(name)) },
        { text: "Change", items: ["architecture", "testing"].map((name) => page(name)) },
        { text: "Decisions", collapsed: true, items: pagesIn("adr") },
      ],
    },
    ...(SOURCE && { socialLinks: [{ icon: "github", link: SOURCE.replace("/blob/main", "") }] }),
  },
  // What leads out of docs/ is shown as source; test/docs.test.ts holds that it is there. What a port-forward opens is on the reader's machine.
  ignoreDeadLinks: [/^(\.\/)?\.\.\//, /^http:\/\/localhost:/],
  markdown: {
    config(markdown) {
      const open = markdown.renderer.rules.link_open;
      markdown.renderer.rules.link_open = (tokens, index, options, environment, self) => {
        const token = tokens[index];
        const href = token?.attrGet("href") ?? "";
        const [path = "", anchor] = href.split("#");
        const file = resolve(dirname(environment.path), path);
        if (SOURCE && /^\.\.?\//.test(path) && relative(DOCS, file).startsWith("..")) {
          token?.attrSet("href", [`${SOURCE}/${relative(ROOT, file)}`, anchor].filter(Boolean).join("#"));
        }
        return open?.(tokens, index, options, environment, self) ?? self.renderToken(tokens, index, options);
      };
    },
  },
});
