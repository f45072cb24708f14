/**
 * Whether what a server has is what was put. Servers add defaults, write numbers and booleans as texts, and put `index.` settings under
 * their own key: everything that was put must be there, with the same value, lists in the same order.
 */
export function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((one, place) => covers(actual[place], one))
    );
  }
  if (typeof wanted === "object" && wanted !== null) {
    return (
      typeof actual === "object" &&
      actual !== null &&
      !Array.isArray(actual) &&
      Object.entries(wanted).every(([key, value]) => covers((actual as Record<string, unknown>)[key], value))
    );
  }
  if (wanted === null) return actual === null || actual === undefined;
  return actual !== undefined && actual !== null && String(actual) === String(wanted);
}
