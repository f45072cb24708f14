/** CPU time of this process that some work takes, ms. How busy the machine is with others hardly counts. */
export function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
