/** Records in one step after 0, 1, 2, … processes have died on them. */
const CAREFUL_STEPS = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 625, 39, 2, 1] as const;
/** From so many attempts on, a step is one record. */
export const MOST_CAREFUL = CAREFUL_STEPS.length - 1;
/** After this many attempts, three of them on one record alone, the record goes to the dlq unprocessed. */
export const MAX_ATTEMPTS = MOST_CAREFUL + 3;

/** Most records of a step after so many attempts. */
export const stepSize = (attempts: number): number => CAREFUL_STEPS[Math.min(attempts, MOST_CAREFUL)] ?? 1;
