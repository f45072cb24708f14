/**
 * The last day of standard and of extended support of each Kubernetes version in EKS.
 * Source: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html, as
 * https://github.com/endoflife-date/endoflife.date/blob/master/products/amazon-eks.md had read it on 2026-08-22.
 */
const SUPPORT: Readonly<Record<string, readonly [standard: string, extended: string]>> = {
  "1.27": ["2024-07-24", "2025-07-24"],
  "1.28": ["2024-11-26", "2025-11-26"],
  "1.29": ["2025-03-23", "2026-03-23"],
  "1.30": ["2025-07-23", "2026-07-23"],
  "1.31": ["2025-11-26", "2026-11-26"],
  "1.32": ["2026-03-23", "2027-03-23"],
  "1.33": ["2026-07-29", "2027-07-29"],
  "1.34": ["2026-12-02", "2027-12-02"],
  "1.35": ["2027-03-27", "2028-03-27"],
  "1.36": ["2027-08-02", "2028-08-02"],
};

/** The versions that EKS has or had, oldest first. */
export const KUBERNETES_VERSIONS: readonly string[] = Object.keys(SUPPORT);

export type Support = "standard" | "extended" | "ended" | "unknown";

/** How EKS supports a version on a day. */
export function supportOf(version: string | undefined, date: Date): Support {
  const ends = version === undefined ? undefined : SUPPORT[version];
  if (!ends) return "unknown";
  const day = date.toISOString().slice(0, 10);
  if (day <= ends[0]) return "standard";
  return day <= ends[1] ? "extended" : "ended";
}
