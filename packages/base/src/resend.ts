import pRetry from "p-retry";

class NotTakenError extends Error {}

/**
 * Sends a batch, and again what was not taken of it. Waits double from `firstMs` to `longestMs`, with jitter.
 *
 * @param send resolves to what was not taken; what it throws is no reason to try again.
 * @param tries most calls of `send`.
 * @returns what was not taken in the end.
 * @throws what `send` throws.
 */
export async function resend<T>(
  items: readonly T[],
  send: (left: readonly T[]) => Promise<readonly T[]>,
  { tries, firstMs, longestMs }: { tries: number; firstMs: number; longestMs: number },
): Promise<readonly T[]> {
  let left = items;
  const round = async () => {
    left = await send(left);
    if (left.length > 0) throw new NotTakenError();
  };
  const isLeft = (error: unknown) => error instanceof NotTakenError;
  const waits = { minTimeout: firstMs, maxTimeout: longestMs, randomize: true };
  await pRetry(round, {
    retries: tries - 1,
    ...waits,
    shouldRetry: ({ error }) => isLeft(error),
  }).catch((error) => {
    if (!isLeft(error)) throw error;
  });
  return left;
}
