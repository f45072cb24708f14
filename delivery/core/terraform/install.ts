import pLimit from "p-limit";

/**
 * Lets `terraform init` run side by side where that is safe. Two that download a provider into the shared folder at once break it
 * (https://developer.hashicorp.com/terraform/cli/config/config-file#provider-plugin-cache), so one that needs a provider which no earlier
 * one has brought goes alone; those that find all of theirs there only link to them.
 *
 * @returns takes a stack's providers, each with its version, and its init.
 */
export function initSafely(): (providers: readonly string[], init: () => Promise<void>) => Promise<void> {
  const installed = new Set<string>();
  const inTurn = pLimit(1);
  return async (providers, init) => {
    const areThere = () => providers.every((one) => installed.has(one));
    const isDone = await inTurn(async () => {
      if (areThere()) return false;
      await init();
      for (const one of providers) installed.add(one);
      return true;
    });
    if (!isDone) await init();
  };
}
