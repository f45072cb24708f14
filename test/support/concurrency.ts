/** How a job or a workflow is in a group. */
export interface Membership {
  readonly cancelInProgress: boolean;
  /** `max`: up to 100 wait, in no promised order; `single`: one does. */
  readonly queue: "single" | "max";
}

interface Member {
  /** Lets it begin; false: it is cancelled. */
  readonly begin: (goesOn: boolean) => void;
  readonly cancel: () => void;
}

const MOST_PENDING = { single: 1, max: 100 } as const;

/**
 * GitHub's concurrency groups: one member runs, and by default one is pending, whose place a newer one takes while it is cancelled. Names are
 * case insensitive (https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency).
 */
export class ConcurrencyGroups {
  readonly #running = new Map<string, Member>();
  readonly #pending = new Map<string, Member[]>();

  /**
   * Waits for the group.
   *
   * @param cancel cancels the member while it runs.
   * @returns what leaves the group; undefined: it was cancelled while it was pending.
   */
  async enter(
    name: string,
    { cancelInProgress, queue }: Membership,
    cancel: () => void,
  ): Promise<(() => void) | undefined> {
    const group = name.toLowerCase();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const member = { begin: resolve, cancel };
    const running = this.#running.get(group);
    if (running === undefined) {
      this.#running.set(group, member);
      resolve(true);
    } else {
      const pending = [...(this.#pending.get(group) ?? []), member];
      while (pending.length > MOST_PENDING[queue]) pending.shift()?.begin(false);
      this.#pending.set(group, pending);
      if (cancelInProgress) running.cancel();
    }
    if (!(await promise)) return undefined;
    return () => this.#leave(group);
  }

  #leave(group: string): void {
    const next = this.#pending.get(group)?.shift();
    if (next) this.#running.set(group, next);
    else this.#running.delete(group);
    next?.begin(true);
  }
}
