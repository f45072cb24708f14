import { NamedError } from "@cali/base";

/** The state store cannot be reached or written now. Nothing is acknowledged; try again. */
export class StateUnavailableError extends NamedError {}

/** The state exists but cannot be used as it is; the message names the remedy. */
export class StateCorruptError extends NamedError {}

/** The state was written by a newer version of this program. */
export class StateVersionError extends NamedError {}

/** Another process has the state file open. */
export class StateInUseError extends NamedError {}

/** The state belongs to another stream of this name: that one was deleted and created anew. */
export class StreamChangedError extends NamedError {}

/** Another process works on the shard now, or has the fence; what this one had not committed is done there. */
export class LeaseLostError extends NamedError {
  constructor(shardId: string) {
    super(`${shardId}: another process has taken it`);
  }
}

/** The reader was asked to stop (shutdown, watchdog) before the batch was committed. */
export class ReaderStoppedError extends NamedError {
  constructor(shardId: string) {
    super(`${shardId}: stopped before the batch was committed`);
  }
}
