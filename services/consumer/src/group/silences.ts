import type { Level } from "@cali/log-record";
import type { Alert } from "../core/types.ts";

/** Groups that are not notified for a time. What is left out fits everything. */
export interface Silence {
  /** Of one group alone. */
  readonly fingerprint?: string;
  readonly service?: string;
  readonly level?: Level;
  readonly errorCode?: string;
  /** Text that the template has in it. */
  readonly template?: string;
  /** From when and until when, in ms since the epoch. */
  readonly from: number;
  readonly until: number;
  /** Why, for whoever reads the configuration. */
  readonly comment?: string;
}

/** What of a group a silence looks at. */
type Silenceable = Partial<Pick<Alert, "fingerprint">> &
  Pick<Alert, "service" | "level" | "errorCode" | "template">;

/** When the last of the silences that hold now ends; undefined: none holds. */
export function silencedUntil(
  group: Silenceable,
  silences: readonly Silence[],
  now: number,
): number | undefined {
  const ends = silences.filter((silence) => holds(silence, group, now)).map(({ until }) => until);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

function holds(silence: Silence, group: Silenceable, now: number): boolean {
  return (
    silence.from <= now &&
    now < silence.until &&
    (silence.fingerprint === undefined || silence.fingerprint === group.fingerprint) &&
    (silence.service === undefined || silence.service === group.service) &&
    (silence.level === undefined || silence.level === group.level) &&
    (silence.errorCode === undefined || silence.errorCode === group.errorCode) &&
    (silence.template === undefined || group.template.includes(silence.template))
  );
}
