import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Element, ElementContent } from "hast";
import { toHtml } from "hast-util-to-html";
import { h } from "hastscript";
import { elementsOf, htmlOf } from "../../../core/html.ts";
import { visible } from "../../../core/plan-json/text.ts";
import { header } from "../../../core/report/header.ts";
import type { Report } from "../../../core/report/report.ts";
import { NOTHING } from "../../../core/report/table.ts";
import { type Entry, entriesOf, FILTER_TITLES, type Filter, stackSection } from "./stack-section.ts";

const file = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");
/** How the console looks, too. */
const LOOK = createRequire(import.meta.url).resolve("@cali/console/look.css");

/** With more entries than this only what destroys or replaces is open at first. */
const MOST_OPEN = 40;
const ALWAYS_OPEN: readonly Filter[] = ["replace", "delete", "failed", "waiting"];
/** What is added, read or filled in is closed at first: it is long, and nothing is lost by it. */
const CLOSED: readonly Filter[] = ["create", "read"];

/**
 * A run's plans as one page of HTML that needs nothing else: no network, no file beside it. Values stand in it as text only, hidden where the
 * comment hides them, and its content security policy runs its own script alone.
 */
export function pageOf(told: Report): string {
  const report = { ...told, language: "en" } as const;
  const style = readFileSync(LOOK, "utf8") + file("style.css");
  const script = file("script.js");
  const stacks = report.stacks.map((stack, place) => ({
    stack,
    id: `stack-${place}`,
    entries: entriesOf(report, stack),
  }));
  const all = stacks.flatMap(({ entries }) => entries);
  const isOpen = (filter: Filter) =>
    ALWAYS_OPEN.includes(filter) || (all.length <= MOST_OPEN && !CLOSED.includes(filter));
  const shown = stacks.filter(({ entries }) => entries.length > 0);
  const top = htmlOf(header(report, Number.POSITIVE_INFINITY));
  linkStacks(top, stacks);
  leaveOutEmptyColumns(top);
  // A comment begins one level lower than a page.
  for (const [old, current] of [
    ["h2", "h1"],
    ["h3", "h2"],
  ] as const) {
    for (const heading of elementsOf(top, old)) heading.tagName = current;
  }
  const title = `Plan of ${visible(report.environment)}`;
  const html = h("html", { lang: "en" }, [
    h("head", [
      h("meta", { charSet: "utf-8" }),
      h("meta", { httpEquiv: "Content-Security-Policy", content: policyOf(style, script) }),
      h("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
      h("meta", { name: "referrer", content: "no-referrer" }),
      h("title", title),
      h("link", { rel: "icon", href: "data:," }),
      h("style", style),
    ]),
    h("body", [
      h("header.top", top),
      ...(all.length > 0 ? [tools(all.map(({ filter }) => filter))] : []),
      h("main", [
        ...shown.map(({ stack, id, entries }) => stackSection(stack, entries, { id, isOpen })),
        h("p#none", { hidden: true }, "Nothing matches. Esc clears the search and the filters."),
      ]),
      h("script", script),
    ]),
  ]);
  return `${toHtml([{ type: "doctype" }, html])}\n`;
}

/** Source: https://www.w3.org/TR/CSP3/#grammardef-hash-source */
function policyOf(style: string, script: string): string {
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return [
    "default-src 'none'",
    `style-src ${hash(style)}`,
    `script-src ${hash(script)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** The table's rows, one for each stack in order, lead to what is shown of it. */
function linkStacks(
  top: readonly ElementContent[],
  stacks: readonly { readonly id: string; readonly entries: readonly Entry[] }[],
): void {
  const [body] = elementsOf(top, "tbody");
  if (!body) return;
  for (const [place, row] of elementsOf([body], "tr").entries()) {
    const [cell] = elementsOf([row], "td");
    const [name] = cell?.children ?? [];
    const stack = stacks[place];
    if (cell && name && stack && stack.entries.length > 0) {
      cell.children[0] = h("a", { href: `#${stack.id}` }, [name]);
    }
  }
}

/** A column in which no stack has anything says nothing, and on a narrow screen the others would be out of sight. */
function leaveOutEmptyColumns(top: readonly ElementContent[]): void {
  const [table] = elementsOf(top, "table");
  const rows = elementsOf(table ? [table] : [], "tr").map((row) => ({
    row,
    cells: ["th", "td"].flatMap((name) => elementsOf([row], name)),
  }));
  const [head, ...stacks] = rows;
  if (stacks.length === 0) return;
  const isEmpty = (cell: Element | undefined) => {
    const [only] = cell?.children ?? [];
    return only?.type === "text" && only.value === NOTHING;
  };
  const kept = head?.cells.map((_, column) => !stacks.every(({ cells }) => isEmpty(cells[column])));
  for (const { row, cells } of rows) row.children = cells.filter((_, column) => kept?.[column]);
}

function tools(filters: readonly Filter[]): Element {
  const present = (Object.keys(FILTER_TITLES) as Filter[]).filter((filter) => filters.includes(filter));
  const key = (name: string) => h("kbd", name);
  return h("section.tools", { ariaLabel: "What is shown", hidden: true }, [
    h("label.search", [
      h("span.label", "Search"),
      h("input#search", { type: "search", placeholder: "address, attribute or value", autoComplete: "off" }),
      key("/"),
    ]),
    h(
      "div.filters",
      present.map((filter) =>
        h(
          "button",
          { type: "button", className: ["filter", filter], dataGroup: filter, ariaPressed: "true" },
          [FILTER_TITLES[filter], h("span.count", String(filters.filter((one) => one === filter).length))],
        ),
      ),
    ),
    h("div.folds", [
      h("button#unfold", { type: "button" }, ["Unfold all", key("e")]),
      h("button#fold", { type: "button" }, ["Fold all", key("c")]),
      h("button#theme", { type: "button" }, ["Theme: ", h("span", "system"), key("t")]),
      h("span.keys", [key("j"), key("k"), " next, previous"]),
    ]),
    h("output#shown", { ariaLive: "polite" }, `${filters.length} of ${filters.length}`),
  ]);
}
