const throwUnlessLeft = (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
};

/**
 * From now on it is no failure that whoever reads standard output or standard error leaves: `… | head`, `… 2>&1 | head`.
 *
 * @param onLeft what happens when nobody reads standard output any more; it may be called more than once. Default: nothing, so that what
 * was begun is brought to its end.
 */
export function letReadersLeave(onLeft: () => void = () => {}): void {
  process.stdout.on("error", (error) => {
    throwUnlessLeft(error);
    onLeft();
  });
  process.stderr.on("error", throwUnlessLeft);
}
