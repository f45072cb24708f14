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
import { messageOf } from "@cali/base";
import { awsRequest } from "../../core/aws/request.ts";
import { WorkspaceError } from "../../core/errors.ts";

const TOKEN_SECONDS = 900;

/** A workspace's address and a key to it. */
export interface Access {
  readonly endpoint: string;
  readonly token: string;
}

/**
 * Finds the workspace, gets a key to it that lasts minutes, and takes it back when the work is done or fails. The work's own error is
 * thrown as it is, also when the key cannot be taken back then.
 *
 * @param warn called with a key that could not be taken back after the work failed.
 * @throws WorkspaceError when there is no active workspace of the name, or the key cannot be taken back; AwsRequestError.
 */
export async function withWorkspace<T>(
  name: string,
  region: string,
  work: (access: Access) => Promise<T>,
  warn: (text: string) => void = console.warn,
): Promise<T> {
  const client = new GrafanaClient({ region });
  try {
    const workspace = await findWorkspace(client, name, region);
    const workspaceId = workspace.id ?? "";
    const endpoint = `https://${workspace.endpoint}`;
    const key = `cali-${randomUUID()}`;
    // Service accounts came with Grafana 10 (https://docs.aws.amazon.com/grafana/latest/userguide/service-accounts.html).
    return Number.parseInt(workspace.grafanaVersion ?? "", 10) >= 10
      ? await withServiceAccount(client, workspaceId, key, (token) => work({ endpoint, token }), warn)
      : await withApiKey(client, workspaceId, key, (token) => work({ endpoint, token }), warn);
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
  warn: (text: string) => void,
): Promise<T> {
  const on = `workspace ${workspaceId}`;
  const { id } = await awsRequest("grafana:CreateWorkspaceServiceAccount", on, () =>
    client.send(new CreateWorkspaceServiceAccountCommand({ workspaceId, name, grafanaRole: "ADMIN" })),
  );
  const serviceAccountId = id ?? "";
  const expires = expiry();
  const giveToken = async () => {
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
  };
  // Its tokens go with it.
  const takeBack = () =>
    awsRequest("grafana:DeleteWorkspaceServiceAccount", on, () =>
      client.send(new DeleteWorkspaceServiceAccountCommand({ workspaceId, serviceAccountId })),
    );
  const left = `service account ${name} of ${on} could not be deleted; its token expires at ${expires} by itself, the account stays until somebody deletes it`;
  return workThenTakeBack(giveToken, takeBack, left, warn);
}

async function withApiKey<T>(
  client: GrafanaClient,
  workspaceId: string,
  keyName: string,
  work: (token: string) => Promise<T>,
  warn: (text: string) => void,
): Promise<T> {
  const on = `workspace ${workspaceId}`;
  const expires = expiry();
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
  const takeBack = () =>
    awsRequest("grafana:DeleteWorkspaceApiKey", on, () =>
      client.send(new DeleteWorkspaceApiKeyCommand({ workspaceId, keyName })),
    );
  const left = `API key ${keyName} of ${on} could not be deleted; it expires at ${expires} by itself`;
  return workThenTakeBack(() => work(key ?? ""), takeBack, left, warn);
}

/** When a key that is made now is worth nothing at the latest. */
const expiry = () => new Date(Date.now() + TOKEN_SECONDS * 1_000).toISOString();

/** @param left what is left when taking back fails. */
async function workThenTakeBack<T>(
  work: () => Promise<T>,
  takeBack: () => Promise<unknown>,
  left: string,
  warn: (text: string) => void,
): Promise<T> {
  const [worked] = await Promise.allSettled([work()]);
  const [taken] = await Promise.allSettled([takeBack()]);
  if (worked.status === "rejected") {
    if (taken.status === "rejected") warn(`${left}: ${messageOf(taken.reason)}`);
    throw worked.reason;
  }
  if (taken.status === "rejected") {
    const why = messageOf(taken.reason);
    throw new WorkspaceError(`everything is in Grafana, but ${left}: ${why}`, { cause: taken.reason });
  }
  return worked.value;
}
