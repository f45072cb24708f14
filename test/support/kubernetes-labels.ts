/**
 * Whether labels fit a selector of Kubernetes, of the forms `a=b`, `a!=b`, `a` and `!a`.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function hasLabels(labels: Readonly<Record<string, string>>, selector: string): boolean {
  return selector
    .split(",")
    .map((term) => term.trim())
    .filter((term) => term !== "")
    .every((term) => {
      const [, key = "", sign, value] = /^([^!=]+)(!=|==?)(.*)$/.exec(term) ?? [];
      if (sign === "!=") return labels[key] !== value;
      if (sign !== undefined) return labels[key] === value;
      return term.startsWith("!") ? !(term.slice(1) in labels) : term in labels;
    });
}
