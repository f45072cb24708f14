import type { Element, ElementContent } from "hast";
import { h } from "hastscript";
import { inlineHtml } from "../../../core/html.ts";
import { code } from "../../../core/markdown.ts";
import { isChange, type Plan } from "../../../core/plan-json/model.ts";
import type { Difference } from "../../../core/plan-json/path.ts";
import { visible } from "../../../core/plan-json/text.ts";
import { GROUPS, type Group, groupOf } from "../../../core/report/groups.ts";
import type { Report, StackReport } from "../../../core/report/report.ts";
import { headline } from "../../../core/report/resource.ts";
import {
  actionLine,
  countsText,
  deferredLine,
  driftLine,
  FATES,
  outputDifferences,
} from "../../../core/report/stack.ts";
import { textsOf } from "../../../core/report/texts.ts";
import { type Columns, sidesTable } from "./sides.ts";

/** What the page is filtered by: what happens to resources, and what else a plan says. */
export type Filter = Group | "action" | "deferred" | "drift" | "output" | "failed" | "waiting";

/** The page is in English, whatever language the comment has. */
const TEXTS = textsOf({});

export const FILTER_TITLES: Readonly<Record<Filter, string>> = {
  failed: "Failed",
  waiting: "Waiting",
  action: TEXTS.actionsToRun,
  deferred: TEXTS.putOffList,
  drift: TEXTS.drift,
  ...TEXTS.groups,
  output: TEXTS.outputs,
};

const PLANNED: Columns = { attribute: "attribute", old: "now", current: "planned", unset: "not set" };
const OUTSIDE: Columns = { attribute: "attribute", old: "as applied", current: "now", unset: "not set" };

/** What is all new or all gone has nothing to be set against. */
const ONE_SIDED: readonly Filter[] = ["create", "delete", "read", "action"];

/** Something that can be filtered, folded and found: a resource, for the most part. */
export interface Entry {
  readonly filter: Filter;
  readonly line: readonly ElementContent[];
  readonly body?: ElementContent | undefined;
  /** Said with all that happens alike. */
  readonly remark?: string;
}

/** What the page shows of a stack; none where nothing happens. */
export function entriesOf(report: Report, stack: StackReport): Entry[] {
  if (stack.status === "failed") {
    return [
      { filter: "failed", line: [{ type: "text", value: "The plan failed" }], body: text(stack.reason) },
    ];
  }
  if (stack.status === "waiting") {
    const waits = `It can be planned when these are applied: ${stack.waitsFor.map((other) => code(other)).join(", ")}.`;
    return [
      {
        filter: "waiting",
        line: inlineHtml(waits),
        body: stack.reason === undefined ? undefined : text(stack.reason),
      },
    ];
  }
  const { plan, name } = stack;
  return [
    ...plan.actions.map((action): Entry => entry("action", actionLine(action), action.settings)),
    ...plan.deferred.map((change): Entry => entry("deferred", deferredLine(change))),
    ...driftEntries(report, name, plan),
    ...resourceEntries(report, name, plan),
    ...plan.outputs.map((output): Entry => entry("output", code(output.name), outputDifferences([output]))),
  ];
}

function entry(
  filter: Filter,
  line: string,
  differences: readonly Difference[] = [],
  columns: Columns = PLANNED,
): Entry {
  return {
    filter,
    line: inlineHtml(line),
    body: sidesTable(differences, columns, ONE_SIDED.includes(filter)),
  };
}

function driftEntries(report: Report, stack: string, { drift }: Plan): Entry[] {
  return FATES.flatMap((fate) =>
    drift
      .filter((one) => one.fate === fate)
      .map((one) => ({
        ...entry("drift", driftLine(report, stack, one), one.isDeleted ? [] : one.differences, OUTSIDE),
        remark: TEXTS.fates[fate],
      })),
  );
}

function resourceEntries(report: Report, stack: string, { resources }: Plan): Entry[] {
  const changed = resources.filter(isChange);
  return GROUPS.flatMap((group) =>
    changed
      .filter((resource) => groupOf(resource) === group)
      .map((resource): Entry => {
        // What leaves the state stays as it is; its attributes would read as if they went.
        const shown = entry(
          group,
          headline(report, stack, resource),
          group === "forget" ? [] : resource.differences,
        );
        const { computed } = resource;
        if (computed.length === 0 || group === "forget") return shown;
        const known = h("p.computed", [
          "known after apply: ",
          ...computed.flatMap((name, at) => [at > 0 ? ", " : "", h("code", visible(name))]),
        ]);
        return { ...shown, body: h("div", [...(shown.body ? [shown.body] : []), known]) };
      }),
  );
}

const text = (reason: string) => h("pre", visible(reason, "\n"));

/** A stack with its entries, by what happens. */
export function stackSection(
  stack: StackReport,
  entries: readonly Entry[],
  { id, isOpen }: { id: string; isOpen: (filter: Filter) => boolean },
): Element {
  const filters = [...new Set(entries.map(({ filter }) => filter))];
  const said = stack.status === "planned" ? countsText(stack) : FILTER_TITLES[stack.status].toLowerCase();
  return h("section.stack", { id }, [
    h("h2", [h("code", visible(stack.name)), h("span.counts", said)]),
    ...filters.map((filter) => {
      const shown = entries.filter((one) => one.filter === filter);
      return h("section.group", { dataGroup: filter }, [
        h("h3", [FILTER_TITLES[filter], h("span.count", String(shown.length))]),
        ...shown.flatMap((one, at) => [
          ...(one.remark !== undefined && one.remark !== shown[at - 1]?.remark
            ? [h("p.fate", one.remark)]
            : []),
          entryElement(one, isOpen(filter)),
        ]),
      ]);
    }),
  ]);
}

function entryElement({ filter, line, body }: Entry, isOpen: boolean): Element {
  const properties = { className: ["entry", filter], dataGroup: filter };
  if (!body) return h("div", { ...properties, tabIndex: -1 }, [h("p", [...line])]);
  return h("details", { ...properties, open: isOpen }, [h("summary", [...line]), body]);
}
