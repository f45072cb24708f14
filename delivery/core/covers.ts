import { isDeepStrictEqual } from "node:util";

/**
 * Whether what a server has is what was put. Servers add defaults, write numbers and booleans as texts, and put `index.` settings under
 * their own key: everything that was put must be there, with the same value, lists in the same order.
 */
export function covers(actual: unknown, desired: unknown): boolean {
  if (Array.isArray(desired)) {
    return (
      Array.isArray(actual) &&
      actual.length === desired.length &&
      desired.every((one, place) => covers(actual[place], one))
    );
  }
  if (typeof desired === "object" && desired !== null) {
    return (
      typeof actual === "object" &&
      actual !== null &&
      !Array.isArray(actual) &&
      Object.entries(desired).every(([key, value]) => covers((actual as Record<string, unknown>)[key], value))
    );
  }
  if (desired === null) return actual === null || actual === undefined;
  return actual !== undefined && actual !== null && String(actual) === String(desired);
}

/**
 * Whether a role or mapping has exactly the rights that were put: one more is a difference, for rights that nobody reviewed must not
 * stay. Lists have no order there, and what is empty (`fls: []`, `dls: null`, `static: false`) gives no right.
 */
export function grantsExactly(actual: unknown, desired: unknown): boolean {
  return isDeepStrictEqual(rightsOf(actual), rightsOf(desired));
}

/** What the security plugin says of an item and is no right. */
const REMARKS = new Set(["description", "reserved", "hidden", "static"]);

/** The same for all that grant the same. */
function rightsOf(value: unknown, isItem = true): unknown {
  if (Array.isArray(value)) {
    const rights = value.map((one) => rightsOf(one, false));
    return rights.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, one]) => !isEmpty(one) && !(isItem && REMARKS.has(key)))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, rightsOf(one, false)]),
  );
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === null || value === undefined || value === "" || value === false;
}
