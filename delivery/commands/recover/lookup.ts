import { DescribeLaunchTemplatesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { EKSClient, paginateListPodIdentityAssociations } from "@aws-sdk/client-eks";
import { GrafanaClient, paginateListWorkspaces } from "@aws-sdk/client-grafana";
import {
  DescribeKeyCommand,
  KMSClient,
  paginateListKeys,
  paginateListResourceTags,
} from "@aws-sdk/client-kms";
import pLimit from "p-limit";
import { awsRequest, unlessCode } from "../../core/aws/request.ts";
import { isMap, type Node } from "../../core/plan-json/node.ts";

type Attributes = ReadonlyMap<string, Node>;

const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 30_000 };
/** Keys that are asked for at once. */
const AT_ONCE = 8;
/** Keys that are deleted, or will be. */
const ENDING = /^Pending(Replica)?Deletion$/;

/**
 * The ids that AWS makes up, of objects which it knows by something else as well: which object is it that a plan would make? One id
 * of several is nobody's to choose, so all are told.
 */
export class Lookup {
  readonly #ec2: EC2Client;
  readonly #eks: EKSClient;
  readonly #grafana: GrafanaClient;
  readonly #kms: KMSClient;
  readonly #byType: ReadonlyMap<string, (of: Attributes) => Promise<string[]>>;

  constructor(region: string) {
    const aws = { region, requestHandler: TIMEOUTS };
    this.#ec2 = new EC2Client(aws);
    this.#eks = new EKSClient(aws);
    this.#grafana = new GrafanaClient(aws);
    this.#kms = new KMSClient(aws);
    this.#byType = new Map([
      ["aws_launch_template", (of) => this.#launchTemplates(of)],
      ["aws_eks_pod_identity_association", (of) => this.#podIdentities(of)],
      ["aws_grafana_workspace", (of) => this.#workspaces(of)],
      ["aws_kms_key", (of) => this.#keys(of)],
    ]);
  }

  /** Whether objects of a type are looked for. */
  knows(type: string): boolean {
    return this.#byType.has(type);
  }

  /**
   * The import ids of the objects that are as the plan says of one.
   *
   * @param attributes what the plan knows before the object is made.
   * @throws AwsRequestError
   */
  idsOf(type: string, attributes: Attributes): Promise<string[]> {
    return this.#byType.get(type)?.(attributes) ?? Promise.resolve([]);
  }

  destroy(): void {
    for (const client of [this.#ec2, this.#eks, this.#grafana, this.#kms]) client.destroy();
  }

  /** Names are unique in an account and region. */
  async #launchTemplates(of: Attributes): Promise<string[]> {
    const name = text(of, "name");
    if (name === "") return [];
    const describe = new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [name] });
    const answer = await unlessCode(
      "InvalidLaunchTemplateName.NotFound",
      awsRequest("ec2:DescribeLaunchTemplates", `launch template ${name}`, () => this.#ec2.send(describe)),
    );
    return (answer?.LaunchTemplates ?? []).flatMap(({ LaunchTemplateId }) => LaunchTemplateId ?? []);
  }

  /** A service account has at most one association. */
  async #podIdentities(of: Attributes): Promise<string[]> {
    const [clusterName, namespace, serviceAccount] = ["cluster_name", "namespace", "service_account"].map(
      (name) => text(of, name),
    );
    if (!clusterName || !namespace || !serviceAccount) return [];
    const found: string[] = [];
    await unlessCode(
      "ResourceNotFoundException",
      awsRequest("eks:ListPodIdentityAssociations", `cluster ${clusterName}`, async () => {
        const input = { clusterName, namespace, serviceAccount };
        for await (const { associations = [] } of paginateListPodIdentityAssociations(
          { client: this.#eks },
          input,
        )) {
          found.push(
            ...associations
              .filter((one) => one.namespace === namespace && one.serviceAccount === serviceAccount)
              .map(({ associationId }) => `${clusterName},${associationId}`),
          );
        }
      }),
    );
    return found;
  }

  async #workspaces(of: Attributes): Promise<string[]> {
    const name = text(of, "name");
    if (name === "") return [];
    const found: string[] = [];
    await awsRequest("grafana:ListWorkspaces", `workspace ${name}`, async () => {
      for await (const { workspaces = [] } of paginateListWorkspaces({ client: this.#grafana }, {})) {
        found.push(...workspaces.filter((one) => one.name === name).flatMap(({ id }) => id ?? []));
      }
    });
    return found;
  }

  /** A key has no name: it is known by its description and the tags, which say project and environment. */
  async #keys(of: Attributes): Promise<string[]> {
    const description = text(of, "description");
    const tags = tagsOf(of);
    if (description === "" || tags.length === 0) return [];
    const ids: string[] = [];
    await awsRequest("kms:ListKeys", "the account's keys", async () => {
      for await (const { Keys = [] } of paginateListKeys({ client: this.#kms }, {})) {
        ids.push(...Keys.flatMap(({ KeyId }) => KeyId ?? []));
      }
    });
    const limit = pLimit(AT_ONCE);
    const found = await Promise.all(
      // A key's own policy may hide it from this principal: then it is none of this platform's.
      ids.map((id) =>
        limit(async () =>
          (await unlessCode("AccessDenied", this.#isKey(id, description, tags))) ? [id] : [],
        ),
      ),
    );
    return found.flat();
  }

  async #isKey(
    KeyId: string,
    description: string,
    tags: readonly (readonly [string, string])[],
  ): Promise<boolean> {
    const { KeyMetadata } = await awsRequest("kms:DescribeKey", `key ${KeyId}`, () =>
      this.#kms.send(new DescribeKeyCommand({ KeyId })),
    );
    if (KeyMetadata?.Description !== description || KeyMetadata.KeyManager !== "CUSTOMER") return false;
    if (ENDING.test(KeyMetadata.KeyState ?? "")) return false;
    const its = new Map<string | undefined, string | undefined>();
    await awsRequest("kms:ListResourceTags", `key ${KeyId}`, async () => {
      for await (const { Tags = [] } of paginateListResourceTags({ client: this.#kms }, { KeyId })) {
        for (const { TagKey, TagValue } of Tags) its.set(TagKey, TagValue);
      }
    });
    return tags.every(([key, value]) => its.get(key) === value);
  }
}

const text = (of: Attributes, name: string): string => {
  const value = of.get(name);
  return typeof value === "string" ? value : "";
};

function tagsOf(of: Attributes): [string, string][] {
  const tags = of.get("tags_all");
  if (!isMap(tags)) return [];
  return [...tags].flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[key, value]] : [],
  );
}
