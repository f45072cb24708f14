import { randomUUID } from "node:crypto";
import {
  CreateWorkspaceApiKeyCommand,
  CreateWorkspaceServiceAccountCommand,
  CreateWorkspaceServiceAccountTokenCommand,
  DeleteWorkspaceApiKeyCommand,
  DeleteWorkspaceServiceAccountCommand,
  GrafanaClient,
  ListWorkspacesCommand,
  type WorkspaceSummary,
} from "@aws-sdk/client-grafana";
import { awsRequest } from "../bootstrap/aws-request.ts";
import { WorkspaceError } from "./errors.ts";

const TOKEN_SECONDS = 900;

/** A workspace's address and a key to it. */
export interface Access {
  readonly endpoint: string;
  readonly token: string;
}

/**
 * Finds the workspace, gets a key to it that lasts minutes, and takes it back when the work is done or fails.
 *
 * @throws WorkspaceError when there is no active workspace of the name; AwsRequestError.
 */
export async function withWorkspace<T>(
  name: string,
  region: string,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const client = new GrafanaClient({ region });
  try {
    const workspace = await findWorkspace(client, name, region);
    const workspaceId = workspace.id ?? "";
    const endpoint = `https://${workspace.endpoint}`;
    const key = `cali-${randomUUID()}`;
    // Service accounts came with Grafana 10 (https://docs.aws.amazon.com/grafana/latest/userguide/service-accounts.html).
    return Number.parseInt(workspace.grafanaVersion ?? "", 10) >= 10
      ? await withServiceAccount(client, workspaceId, key, (token) => work({ endpoint, token }))
      : await withApiKey(client, workspaceId, key, (token) => work({ endpoint, token }));
  } finally {
    client.destroy();
  }
}

async function findWorkspace(client: GrafanaClient, name: string, region: string): Promise<WorkspaceSummary> {
  let nextToken: string | undefined;
  do {
    const page = await awsRequest("grafana:ListWorkspaces", `workspace ${name}`, () =>
      client.send(new ListWorkspacesCommand({ nextToken })),
    );
    const found = page.workspaces?.find((one) => one.name === name);
    if (found?.status === "ACTIVE") return found;
    if (found) {
      throw new WorkspaceError(
        `workspace ${name} is ${found.status}; allowed: ACTIVE\nRemedy: wait, and run again.`,
      );
    }
    nextToken = page.nextToken;
  } while (nextToken);
  throw new WorkspaceError(
    `there is no Grafana workspace ${name} in ${region}\nRemedy: deploy 04-grafana first.`,
  );
}

async function withServiceAccount<T>(
  client: GrafanaClient,
  workspaceId: string,
  name: string,
  work: (token: string) => Promise<T>,
): Promise<T> {
  const on = `workspace ${workspaceId}`;
  const { id } = await awsRequest("grafana:CreateWorkspaceServiceAccount", on, () =>
    client.send(new CreateWorkspaceServiceAccountCommand({ workspaceId, name, grafanaRole: "ADMIN" })),
  );
  const serviceAccountId = id ?? "";
  try {
    const { serviceAccountToken } = await awsRequest("grafana:CreateWorkspaceServiceAccountToken", on, () =>
      client.send(
        new CreateWorkspaceServiceAccountTokenCommand({
          workspaceId,
          serviceAccountId,
          name,
          secondsToLive: TOKEN_SECONDS,
        }),
      ),
    );
    return await work(serviceAccountToken?.key ?? "");
  } finally {
    // Its tokens go with it.
    await awsRequest("grafana:DeleteWorkspaceServiceAccount", on, () =>
      client.send(new DeleteWorkspaceServiceAccountCommand({ workspaceId, serviceAccountId })),
    );
  }
}

async function withApiKey<T>(
  client: GrafanaClient,
  workspaceId: string,
  keyName: string,
  work: (token: string) => Promise<T>,
): Promise<T> {
  const on = `workspace ${workspaceId}`;
  const { key } = await awsRequest("grafana:CreateWorkspaceApiKey", on, () =>
    client.send(
      new CreateWorkspaceApiKeyCommand({
        workspaceId,
        keyName,
        keyRole: "ADMIN",
        secondsToLive: TOKEN_SECONDS,
      }),
    ),
  );
  try {
    return await work(key ?? "");
  } finally {
    await awsRequest("grafana:DeleteWorkspaceApiKey", on, () =>
      client.send(new DeleteWorkspaceApiKeyCommand({ workspaceId, keyName })),
    );
  }
}
