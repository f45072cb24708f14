import { bulkhead } from "cockatiel";
import { PARTS_OF_VERSIONS, type Versions } from "../../group/versions.ts";
import type { Notes } from "../../state/types.ts";
import type { Persist } from "../persist.ts";
import type { Stage } from "../stage.ts";

/** The note that has a part of the versions. */
const noteOf = (part: number) => `versions/${part}`;

/**
 * Keeps the versions that lines of the step are the first of, with what other replicas have seen, before the checkpoint moves past
 * those lines. When two replicas keep the same part at the same moment, the later one's note counts until one of them changes it again.
 */
export function keepVersions(persist: Persist, notes: Notes, versions: Versions): Stage {
  // Shards share the notes: an older text must not come after a newer one.
  const turns = bulkhead(1, Number.POSITIVE_INFINITY);
  const keep = async () => {
    for (const part of versions.unkept) {
      versions.restore((await notes.get(noteOf(part))) ?? "[]");
      const { text, done } = versions.keep(part);
      await notes.set(noteOf(part), text);
      done();
    }
  };
  return async (_, context) => {
    if (versions.unkept.length > 0) await persist(context, "state", () => turns.execute(keep));
  };
}

/** Takes up the versions that the state has. @throws StateUnavailableError */
export async function takeUpVersions(notes: Notes, versions: Versions): Promise<void> {
  const parts = Array.from({ length: PARTS_OF_VERSIONS }, (_, part) => notes.get(noteOf(part)));
  for (const text of await Promise.all(parts)) versions.restore(text ?? "[]");
}
