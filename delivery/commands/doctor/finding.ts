/** What came of a check. `skipped`: what it needs had failed, or there is nothing to look at. */
export type Status = "ok" | "warning" | "failure" | "skipped";

/** What one check found. */
export interface Finding {
  /** What was looked at, such as `lock of 05-eks`. */
  readonly check: string;
  readonly status: Status;
  readonly found: string;
  /** What has to be, where it is not. */
  readonly allowed?: string;
  /** What to do, where something is wrong. */
  readonly remedy?: string;
  /** What to type for that: a shell takes it as it is. */
  readonly command?: string;
}

/** Longest time of one check, ms: what doesn't answer becomes a finding, too. */
const CHECK_TIMEOUT_MS = 60_000;

/** The findings of a check. One that throws has failed, and hides no other. */
export async function check(
  name: string,
  work: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    const found = `no answer within ${CHECK_TIMEOUT_MS / 1_000} s`;
    const remedy = "check the network, a proxy and AWS_ENDPOINT_URL, and run again";
    timer = setTimeout(resolve, CHECK_TIMEOUT_MS, [{ check: name, status: "failure", found, remedy }]);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    return [failureOf(name, error)];
  } finally {
    clearTimeout(timer);
  }
}

/** An error of this project says its remedy in a line that begins so. */
const REMEDY = /^(.*?)\n? ?Remedy: ([\s\S]*)$/s;

function failureOf(name: string, error: unknown): Finding {
  const { message } = error as Error;
  const [, found = message, remedy] = REMEDY.exec(message) ?? [];
  return { check: name, status: "failure", found: found.trim(), ...(remedy && { remedy: remedy.trim() }) };
}
