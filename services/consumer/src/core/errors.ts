/** The state store cannot be reached or written now. Nothing is acknowledged; try again. */
export class StateUnavailableError extends Error {
  override readonly name = "StateUnavailableError";
}

/** The state exists but cannot be used as it is; the message names the remedy. */
export class StateCorruptError extends Error {
  override readonly name = "StateCorruptError";
}

/** The state was written by a newer version of this program. */
export class StateVersionError extends Error {
  override readonly name = "StateVersionError";
}

/** Another process has the state file open. */
export class StateInUseError extends Error {
  override readonly name = "StateInUseError";
}

/** The state belongs to another stream of this name: that one was deleted and created anew. */
export class StreamChangedError extends Error {
  override readonly name = "StreamChangedError";
}

/** Another process works on the shard now, or has the fence; what this one had not committed is done there. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
  constructor(shardId: string) {
    super(`${shardId}: another process has taken it`);
  }
}

/** The reader was asked to stop (shutdown, watchdog) before the batch was committed. */
export class ReaderStoppedError extends Error {
  override readonly name = "ReaderStoppedError";
  constructor(shardId: string) {
    super(`${shardId}: stopped before the batch was committed`);
  }
}
