/** Rows of names and values, in two columns. */
export function table(rows: readonly (readonly [name: string, value: string | number])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  const values = Math.max(...rows.map(([, value]) => String(value).length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${String(value).padStart(values)}`).join("\n");
}

export const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
export const seconds = (ms: number | undefined) => (ms === undefined ? "–" : `${(ms / 1_000).toFixed(2)} s`);
