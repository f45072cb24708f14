import { styleText } from "node:util";

/** A colour or a weight, by Node's name. */
type Style = Parameters<typeof styleText>[0];
/** Gives a text a style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Paints where a stream shows colours: a terminal that has any, unless NO_COLOR is set; anywhere with FORCE_COLOR. */
export const paintFor =
  (stream: NodeJS.WritableStream): Paint =>
  (style, text) =>
    styleText(style, text, { stream });

const BARS = "▁▂▃▄▅▆▇█";

/** A bar for each number, as high as it is beside the greatest. */
export function sparkline(numbers: readonly number[]): string {
  const most = Math.max(1, ...numbers);
  return numbers.map((number) => BARS[Math.ceil((number / most) * (BARS.length - 1))]).join("");
}

/** Parts on as many lines as they need, none wider than `width` characters but a part that is wider itself. */
export function flowed(parts: readonly string[], width: number, gap = "  "): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + gap.length + part.length <= width) {
      lines[lines.length - 1] = last + gap + part;
    } else lines.push(part);
  }
  return lines;
}
