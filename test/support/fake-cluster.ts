import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A revision in the cluster. */
export interface FakeRevision {
  readonly namespace: string;
  readonly name: string;
  readonly version: number;
  readonly status: string;
  /** s since the epoch. */
  readonly modifiedAt?: number;
}

const SCRIPT = `#!/bin/sh
root=\${0%/bin/*}
command=\${0##*/}
printf "%s\\n" "$command $*" >> "$root/cluster-calls"
if [ -e "$root/$command.fails" ]; then cat "$root/$command.fails" >&2; exit 1; fi
case "$command $1 $2" in
  "kubectl get secrets") cat "$root/releases" ;;
  "kubectl get pods") cat "$root/pods" ;;
esac
`;

/** `aws`, `kubectl` and `helm` of a cluster with these releases and pods; every call is noted. */
export class FakeCluster {
  readonly #root: string;

  /** @param root an empty folder; its `bin` goes to the front of `PATH`. */
  constructor(root: string) {
    this.#root = root;
    mkdirSync(join(root, "bin"), { recursive: true });
    for (const command of ["aws", "kubectl", "helm"]) {
      writeFileSync(join(root, "bin", command), SCRIPT);
      chmodSync(join(root, "bin", command), 0o755);
    }
    this.releases([]);
    this.pods([]);
  }

  /** As kubectl prints the labels of Helm's Secrets. */
  releases(revisions: readonly FakeRevision[]): void {
    const lines = revisions.map(({ namespace, version, modifiedAt, ...labels }) => {
      const text = { ...labels, owner: "helm", version: String(version) };
      return `${namespace}\t${JSON.stringify({ ...text, ...(modifiedAt && { modifiedAt: String(modifiedAt) }) })}\n`;
    });
    writeFileSync(join(this.#root, "releases"), lines.join(""));
  }

  pods(items: readonly object[]): void {
    writeFileSync(join(this.#root, "pods"), JSON.stringify({ kind: "List", items }));
  }

  fails(command: "aws" | "kubectl" | "helm", message: string): void {
    writeFileSync(join(this.#root, `${command}.fails`), message);
  }

  get calls(): string[] {
    const log = join(this.#root, "cluster-calls");
    return existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [];
  }
}
