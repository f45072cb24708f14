/** Availability zones that an OpenSearch domain's nodes stand in: one node in one, more spread evenly over three or two. */
export function zonesOf(instanceCount: number): 1 | 2 | 3 {
  if (instanceCount === 1) return 1;
  return instanceCount % 3 === 0 ? 3 : 2;
}
