import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { withWorkspace } from "../../delivery/commands/grafana/workspace.ts";
import { WorkspaceError } from "../../delivery/core/errors.ts";

afterEach(() => vi.unstubAllEnvs());

/** Amazon Managed Grafana's API with one workspace. */
async function aws(workspace: { grafanaVersion: string; status: string }, mayDelete = true) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const path = request.url ?? "";
    if (request.method === "DELETE" && !mayDelete) {
      response.writeHead(403, {
        "content-type": "application/json",
        "x-amzn-errortype": "AccessDeniedException",
      });
      return response.end(JSON.stringify({ message: "you may not delete" }));
    }
    const body = path.endsWith("/workspaces")
      ? { workspaces: [{ id: "g-1", name: "cali-dev-grafana", endpoint: "g-1.example", ...workspace }] }
      : path.includes("/tokens")
        ? {
            serviceAccountToken: { id: "1", name: "x", key: "the-token" },
            serviceAccountId: "7",
            workspaceId: "g-1",
          }
        : path.includes("/serviceaccounts")
          ? { id: "7", name: "x", grafanaRole: "ADMIN", workspaceId: "g-1" }
          : { key: "the-key", keyName: "x", workspaceId: "g-1" };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret-key");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { requests, close };
}

it.each([
  ["10.4", "the-token", "DELETE /workspaces/g-1/serviceaccounts/7"],
  ["9.4", "the-key", expect.stringMatching(/^DELETE \/workspaces\/g-1\/apikeys\/cali-/)],
])(
  "version %s: a key of minutes, which is taken back, also when the work fails",
  async (grafanaVersion, key, taken) => {
    const { requests, close } = await aws({ grafanaVersion, status: "ACTIVE" });
    try {
      const access = await withWorkspace("cali-dev-grafana", "ap-northeast-2", async (given) => given);
      expect(access).toEqual({ endpoint: "https://g-1.example", token: key });
      expect(requests.at(-1)).toEqual(taken);
      const failing = withWorkspace("cali-dev-grafana", "ap-northeast-2", () =>
        Promise.reject(new Error("broken")),
      );
      await expect(failing).rejects.toThrow("broken");
      expect(requests.at(-1)).toEqual(taken);
    } finally {
      close();
    }
  },
);

it("says which workspace is missing, or not active yet", async () => {
  const { close } = await aws({ grafanaVersion: "10.4", status: "CREATING" });
  try {
    const ask = (name: string) => withWorkspace(name, "ap-northeast-2", async () => {});
    await expect(ask("cali-dev-grafana")).rejects.toThrow("is CREATING; allowed: ACTIVE");
    await expect(ask("other")).rejects.toThrow(WorkspaceError);
  } finally {
    close();
  }
});

it.each([
  ["10.4", "service account cali-"],
  ["9.4", "API key cali-"],
])("version %s: a key that cannot be taken back hides no error of the work", async (grafanaVersion, what) => {
  const { close } = await aws({ grafanaVersion, status: "ACTIVE" }, false);
  const warnings: string[] = [];
  const run = (work: () => Promise<string>) =>
    withWorkspace("cali-dev-grafana", "ap-northeast-2", work, (text) => warnings.push(text));
  try {
    const broken = new Error("broken");
    await expect(run(() => Promise.reject(broken))).rejects.toBe(broken);
    expect(warnings).toEqual([
      expect.stringMatching(
        /could not be deleted; .*expires at 20\d\d-\d\d-\d\dT[\d:.]+Z .*you may not delete/s,
      ),
    ]);
    expect(warnings[0]).toContain(what);
    const worked = run(async () => "done");
    await expect(worked).rejects.toThrow(WorkspaceError);
    await expect(worked).rejects.toThrow(
      /everything is in Grafana, but .*expires at 20.*you may not delete/s,
    );
    expect(warnings).toHaveLength(1);
  } finally {
    close();
  }
});
