const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration such as `30s` or `5m`, as `--lock-timeout` takes it. */
export function durationMs(duration: string): number {
  return Number.parseInt(duration, 10) * (UNIT_MS[duration.slice(-1)] ?? 0);
}

const REFUSED =
  /Error acquiring the state lock[\s\S]*(?:PreconditionFailed|ConditionalRequestConflict|ConditionalCheckFailedException)/;
const HOLDER = "Lock Info:";

/** Whether Terraform was refused the state's lock by one that is there: somebody's, or its own. */
export function wasLocked(said: string): boolean {
  return REFUSED.test(said) && said.includes(HOLDER);
}

/** Whether a lock may be left of a Terraform that has ended by itself: it could not give it back, or took one without knowing. */
export function mayHaveLeftLock(said: string): boolean {
  return /Error (acquiring|releasing) the state lock/.test(said);
}

/**
 * Whether Terraform was refused the state's lock, and whoever had it was gone when Terraform looked who that is. It goes on waiting only for a
 * lock that it can name (`LockWithContext` in https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statemgr/locker.go).
 */
export function wasLockGone(said: string): boolean {
  return REFUSED.test(said) && !said.includes(HOLDER);
}
