/** Time and chance as the consumer sees them, so that tests can jump the one and repeat the other. */
export interface Clock {
  /** Wall clock, ms since the epoch. May jump: only for what people read and for times that lines carry. */
  now(): number;
  /** ms since an arbitrary moment, never backwards: for every wait, pace and expiry. */
  monotonic(): number;
  /** Waits `ms`, or less when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 to below 1, evenly spread: for jitter. */
  random(): number;
}

/** `Clock.sleep`, by the system's timers. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep,
  random: () => Math.random(),
};

/** Wait before try number `attempt` (1, 2, …): exponential from `baseMs` to `maxMs`, with full jitter (a tenth at least). */
export function backoffMs({ random }: Clock, attempt: number, baseMs: number, maxMs: number): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 20));
  return ceiling * (0.1 + 0.9 * random());
}

/**
 * A clock whose wall time starts with the system's and then runs with the monotonic one: what is measured with it (group
 * waits, intervals) neither fires early nor stands still when somebody sets the system's clock.
 */
export function steadyClock(base: Clock = systemClock): Clock {
  const offset = base.now() - base.monotonic();
  return { ...base, now: () => Math.round(offset + base.monotonic()), monotonic: () => base.monotonic() };
}
