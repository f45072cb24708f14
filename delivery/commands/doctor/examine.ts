import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { STSClient } from "@aws-sdk/client-sts";
import { overridesOf } from "../../../config/load.ts";
import type { Config } from "../../../config/schema.ts";
import { stateBackend } from "../../../config/state-backend.ts";
import { tierOf } from "../../../stacks/registry.ts";
import type { SynthesizedStack } from "../../core/application/application.ts";
import { type Identity, whoAmI } from "../../core/aws/identity.ts";
import { clusterOf } from "../../core/cluster/kubectl.ts";
import { sightHere } from "../../core/state-backend/holder.ts";
import { programOf } from "../../core/terraform/programs.ts";
import { installedVersion } from "../../core/terraform/terraform.ts";
import { checkBucket, checkTable } from "./backend.ts";
import { checkCluster } from "./cluster.ts";
import { checkEnvironment } from "./environment.ts";
import { check, type Finding } from "./finding.ts";
import { checkStates } from "./states.ts";

export interface Examination {
  readonly config: Config;
  /** `config/<file>.yaml`, which commands take as `--env`. */
  readonly file: string;
  readonly stacks: readonly SynthesizedStack[];
  readonly environment: NodeJS.ProcessEnv;
  readonly now: Date;
}

const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 10_000 };

/** Looks at everything that a plan or a deployment needs, and changes nothing. */
export async function examine({ config, file, stacks, environment, now }: Examination): Promise<Finding[]> {
  const backend = stateBackend(config);
  const aws = { region: backend.region, requestHandler: TIMEOUTS, maxAttempts: 2 };
  const s3 = new S3Client({ ...aws, forcePathStyle: config.provider.s3PathStyle });
  const dynamodb = new DynamoDBClient(aws);
  const sts = new STSClient(aws);
  const program = programOf(config);
  let installed: string | undefined;
  let identity: Identity | undefined;
  try {
    const [terraform, credentials, variables] = await Promise.all([
      check(program.name, async () => {
        installed = await installedVersion(program);
        return [{ check: program.name, status: "ok", found: installed }];
      }),
      check("AWS credentials", async () => {
        identity = await whoAmI(sts);
        return [
          { check: "AWS credentials", status: "ok", found: `account ${identity.account} as ${identity.arn}` },
        ];
      }),
      checkEnvironment(config, stacks, environment),
    ]);
    const first = [...terraform, ...credentials, ...variables];
    if (!identity) {
      return [
        ...first,
        skipped(`bucket ${backend.bucket}`),
        skipped(`lock table ${backend.lockTable}`),
        skipped("states and locks"),
      ];
    }
    const { mayRaiseSchemas } = config.provider;
    const checks = {
      ...{ s3, dynamodb, backend, environment, file, sight: await sightHere(now) },
      program,
      installed,
      mayRaiseSchemas,
    };
    const [bucket, table] = await Promise.all([
      checkBucket(s3, backend, identity, file),
      checkTable(dynamodb, backend, file),
    ]);
    const worksInside = stacks.some(({ name }) => tierOf(name) === "cluster");
    const cluster = worksInside
      ? await check("the cluster", () => checkCluster(clusterOf(config, overridesOf(file)), now))
      : [];
    // Whatever is said of the states then would only say it again.
    const isThere = [bucket, table].every(([one]) => one?.status === "ok");
    const states = isThere ? await checkStates(stacks, checks) : [skipped("states and locks")];
    return [...first, ...bucket, ...table, ...states, ...cluster];
  } finally {
    for (const client of [s3, dynamodb, sts]) client.destroy();
  }
}

const skipped = (name: string): Finding => ({
  check: name,
  status: "skipped",
  found: "not looked at: what it needs has failed",
});
