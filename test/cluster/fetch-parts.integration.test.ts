import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, it } from "vitest";
import { ROOT, run } from "../support/run.ts";

it("fetches each chart and provider in the version that the stacks have", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-parts-"));
  try {
    const calls = join(folder, "calls");
    mkdirSync(join(folder, "bin"));
    for (const name of ["helm", "terraform"]) {
      const more = name === "terraform" ? "cat main.tf.json >> " : "true ";
      writeFileSync(
        join(folder, "bin", name),
        `#!/bin/sh\necho "${name} $* $TF_PLUGIN_CACHE_DIR" >> ${calls}\n${more}${calls}\n`,
      );
      chmodSync(join(folder, "bin", name), 0o755);
    }
    const PATH = [join(folder, "bin"), process.env.PATH].join(delimiter);
    const { code, stderr } = await run(
      join(ROOT, "node_modules/.bin/tsx"),
      ["test/cluster/fetch-parts.ts", folder],
      { env: { PATH } },
    );
    expect(code, stderr).toBe(0);
    const text = readFileSync(calls, "utf8");
    expect(
      [...text.matchAll(/^helm pull (\S+) --repo https:\S+ --version \d\S* --untar --untardir (\S+)/gm)]
        .map(([, chart]) => chart)
        .sort(),
    ).toEqual(["airflow", "cluster-autoscaler", "fluent-bit", "grafana", "metrics-server", "milvus"]);
    expect(text).toContain(`terraform init -input=false ${join(folder, "providers")}\n`);
    const { terraform } = JSON.parse(text.split("\n").at(-1) ?? "") as { terraform: object };
    expect(terraform).toMatchObject({
      required_providers: {
        aws: { source: "aws", version: "5.100.0" },
        helm: { version: "3.1.1" },
        kubernetes: { version: "2.38.0" },
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
