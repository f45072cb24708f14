/** A Kubernetes quantity that cannot be read. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

const FORM = /^(?<number>\d+(?:\.\d+)?)(?<unit>m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/**
 * CPU in thousandths of a core: `250m` is 250, `0.5` is 500, `2` is 2000. Rounded up.
 * @throws QuantityError
 */
export function cpuMillis(quantity: string | number): number {
  return up(plain(quantity) * 1000);
}

/**
 * Memory in MiB: `512Mi` is 512, `1Gi` is 1024, `1G` is 954. Rounded up.
 * @throws QuantityError
 */
export function memoryMiB(quantity: string | number): number {
  return up(plain(quantity) / 2 ** 20);
}

function plain(quantity: string | number): number {
  const groups = FORM.exec(String(quantity))?.groups;
  if (!groups) {
    throw new QuantityError(
      `given ${JSON.stringify(quantity)}; allowed: a Kubernetes quantity such as 250m, 0.5, 512Mi or 1Gi`,
    );
  }
  return Number(groups.number) * (FACTORS[groups.unit ?? ""] as number);
}

/** Up to a whole number, but not for the error of a binary fraction: 0.07 × 1000 is 70, not 71. */
const up = (value: number) => Math.ceil(Number(value.toFixed(6)));
