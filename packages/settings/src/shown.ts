const LONGEST = 80;

/** A value as a message shows it: JSON, cut short. */
export function shown(value: unknown): string {
  // JSON has no infinity, and would show null.
  const isJson = typeof value !== "number" || Number.isFinite(value);
  const text = value === undefined ? "nothing" : (isJson && JSON.stringify(value)) || String(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}…`;
}
