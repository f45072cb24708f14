import type { Paint } from "@cali/base";
import type { Finding, Status } from "./finding.ts";

const MARKS: Readonly<
  Record<Status, { readonly mark: string; readonly colour: "green" | "yellow" | "red" | "gray" }>
> = {
  ok: { mark: "ok", colour: "green" },
  warning: { mark: "warning", colour: "yellow" },
  failure: { mark: "FAILURE", colour: "red" },
  skipped: { mark: "skipped", colour: "gray" },
};
const WIDTH = Math.max(...Object.values(MARKS).map(({ mark }) => mark.length));

/** The findings as lines, each remedy below its finding. */
export function findingsAsText(findings: readonly Finding[], paint: Paint): string {
  const lines = findings.flatMap(({ check, status, found, allowed, remedy, command }) => {
    const { mark, colour } = MARKS[status];
    const shown = paint(colour, mark.padEnd(WIDTH));
    const indent = " ".repeat(WIDTH + 2);
    return [
      `${shown}  ${check}: ${oneLine(found)}`,
      ...(allowed === undefined ? [] : [`${indent}allowed: ${oneLine(allowed)}`]),
      ...(remedy === undefined ? [] : [`${indent}remedy: ${oneLine(remedy)}`]),
      ...(command === undefined ? [] : [`${indent}run:    ${oneLine(command)}`]),
    ];
  });
  const count = (status: Status) => findings.filter((one) => one.status === status).length;
  const failures = count("failure");
  const warnings = count("warning");
  const sum = `${findings.length} findings: ${failures} failure${failures === 1 ? "" : "s"}, ${warnings} warning${warnings === 1 ? "" : "s"}`;
  return [...lines, "", sum].join("\n");
}

/** Names and messages of others cannot move the cursor, or look like lines of this report. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what goes.
const oneLine = (text: string) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
