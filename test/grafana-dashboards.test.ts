import { describe, expect, it } from "vitest";
import { dashboards } from "../delivery/commands/grafana/command.ts";
import type { PanelQuery } from "./support/grafana-queries.ts";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly (Partial<PanelQuery> & { readonly refId: string })[];
}

/** Settings that Grafana's OpenSearch plugin reads; it passes over any other in silence. */
const READ: Readonly<Record<string, readonly string[]>> = {
  count: [],
  sum: ["missing", "script"],
  cardinality: ["missing", "precision_threshold"],
  logs: ["size"],
  terms: ["min_doc_count", "missing", "order", "orderBy", "size"],
  date_histogram: ["interval", "min_doc_count", "offset", "trimEdges"],
};
const WIDTH = 24;

describe.each(dashboards().map((one) => [one.title, one.panels as Panel[]] as const))(
  "the dashboard %s",
  (_, panels) => {
    it("names each panel by a question, once", () => {
      for (const { title } of panels) expect(title).toMatch(/^[A-Z].*\?$/);
      for (const key of ["id", "title"] as const) {
        expect(new Set(panels.map((panel) => panel[key])).size).toBe(panels.length);
      }
    });

    it("has no panel over another, nor beyond the edge", () => {
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
        expect(x + w).toBeLessThanOrEqual(WIDTH);
        return Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`);
      });
      expect(new Set(cells).size).toBe(cells.length);
    });

    it("asks with settings that are read", () => {
      for (const { targets = [] } of panels) {
        expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
        for (const { metrics = [], bucketAggs = [] } of targets) {
          for (const { type, settings = {} } of [...metrics, ...bucketAggs]) {
            expect(READ[type], type).toEqual(expect.arrayContaining(Object.keys(settings)));
          }
        }
      }
    });
  },
);
