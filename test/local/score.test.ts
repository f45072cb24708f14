import { generate, type LineLabel, labelOf } from "@cali/log-generator";
import { describe, expect, it } from "vitest";
import { alertLines, percentile, scoreAlerts, truthOf, truthsOfAlerts } from "../../local/score.ts";
import { table } from "../../local/table.ts";
import type { Alert } from "../../services/consumer/src/core/types.ts";

const alert = (fingerprint: string) => ({ fingerprint }) as Alert;
const line = (fingerprint: string, truth: string) => ({ fingerprint, truth });

describe("scoreAlerts", () => {
  it("is 1 when each template is one group with one alert", () => {
    const found = [line("a", "x"), line("a", "x"), line("b", "y")];
    expect(scoreAlerts(found, [alert("a"), alert("b")])).toEqual({
      lines: 3,
      groupingAccuracy: 1,
      alerts: 2,
      alertPrecision: 1,
      alertRecall: 1,
    });
  });

  it("counts all lines of a template that was split as wrong, and its second group's alert as false", () => {
    const found = [line("a", "x"), line("b", "x"), line("c", "y"), line("c", "y")];
    const score = scoreAlerts(found, [alert("a"), alert("b"), alert("c")]);
    expect(score.groupingAccuracy).toBe(0.5);
    expect(score.alertPrecision).toBeCloseTo(2 / 3);
    expect(score.alertRecall).toBe(1);
  });

  it("counts all lines of templates that were merged as wrong, and the one nobody was notified of as missed", () => {
    const found = [line("a", "x"), line("a", "x"), line("a", "y"), line("b", "z")];
    const score = scoreAlerts(found, [alert("a"), alert("b")]);
    expect(score.groupingAccuracy).toBe(0.25);
    expect(score.alertRecall).toBeCloseTo(2 / 3);
  });

  it("an alert of a service's many new kinds tells of all of them, and is right if one is told by nothing else", () => {
    const kinds = (truth: string) => ({ ...line(truth, truth), together: "many" });
    const found = [line("a", "x"), kinds("x"), kinds("y"), kinds("z")];
    const scored = scoreAlerts(found, [alert("a"), alert("many"), alert("many")]);
    expect(scored).toMatchObject({ alertPrecision: 1, alertRecall: 1 });
    const nothingNew = scoreAlerts([line("a", "x"), kinds("x")], [alert("a"), alert("many")]);
    expect(nothingNew).toMatchObject({ alertPrecision: 0.5, alertRecall: 1 });
    expect(scoreAlerts(found, [alert("a")]).alertRecall).toBeCloseTo(1 / 3);
  });

  it("takes a repeated alert of the same group for right", () => {
    expect(scoreAlerts([line("a", "x")], [alert("a"), alert("a")]).alertPrecision).toBe(1);
  });
});

describe("alertLines", () => {
  it("alerts on each of two troubles, at once", () => {
    const scored = ["disk of node is full", "login was refused"].map((message, index) => ({
      event: {
        shardId: "shardId-000000000000",
        position: { sequenceNumber: String(index + 1), index: 0 },
        at: 1_000 * index,
        record: {
          timestamp: new Date(1_000 * index).toISOString(),
          level: "ERROR" as const,
          service: "auth",
          version: "1.0.0",
          trace_id: "a",
          message,
          log_content: message,
          platform: "local",
          environment: "local",
          pod_name: "p",
        },
      },
      label: { service: "auth", template: `auth.${index}` } as LineLabel,
    }));
    const alerted = alertLines(scored);
    expect(truthsOfAlerts(alerted).map(({ truth }) => truth)).toEqual(["auth/auth.0", "auth/auth.1"]);
    expect(scoreAlerts(alerted.found, alerted.alerts)).toMatchObject({
      alerts: 2,
      alertPrecision: 1,
      alertRecall: 1,
      groupingAccuracy: 1,
    });
  });
});

it("truthOf is the template of the service", () => {
  const [first] = generate({ seed: "a", start: 0, rate: 10, count: 1 });
  if (!first) throw new Error("no line");
  const label = labelOf(first);
  expect(truthOf(label)).toBe(`${label.service}/${label.template}`);
});

it.each([
  [[], 0.5, undefined],
  [[3], 0.99, 3],
  [[4, 1, 3, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.99, 4],
  [[1, 2, 3, 4], 0, 1],
])("percentile of %j at %d is %d", (values, part, expected) => {
  expect(percentile(values, part)).toBe(expected);
});

it("table aligns names and values", () => {
  expect(
    table([
      ["made", 10],
      ["lost", 0],
    ]),
  ).toBe("  made  10\n  lost   0");
});
