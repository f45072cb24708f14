import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { Command, InvalidArgumentError, Option } from "commander";
import { loadConfig, overridesOf } from "../../../config/load.ts";
import type { Names } from "../../../config/names.ts";
import type { Config } from "../../../config/schema.ts";
import { whoAmI } from "../../core/aws/identity.ts";
import { endpointOf } from "../../core/aws/opensearch-domain.ts";
import { awsRequest } from "../../core/aws/request.ts";
import { CredentialsError } from "../../core/errors.ts";
import { actualNames } from "../../core/names.ts";
import { environmentOption } from "../../core/options.ts";
import { Connection, type Login } from "./client.ts";
import { makeReady, type Outcome } from "./make-ready.ts";

/** `--check` found a difference. */
const EXIT_DIFFERENT = 2;
const PASSWORD = "TF_VAR_opensearch_master_password";
const POLL_MS = 15_000;
const MINUTE_MS = 60_000;

interface Options {
  readonly env?: string;
  readonly endpoint?: string;
  readonly check?: boolean;
  readonly minutes: number;
}

/** `cali opensearch` */
export const openSearchCommand = new Command("opensearch")
  .description(
    "Makes the OpenSearch domain ready: index templates, retention, roles and whom they are mapped to. Run again, it changes nothing.",
  )
  .addOption(environmentOption())
  .addOption(
    new Option("--endpoint <url>", "the domain's endpoint (default: AWS is asked)").argParser((given) => {
      if (/^https?:\/\/[^/?#]+\/?$/.test(given)) return given.replace(/\/$/, "");
      throw new InvalidArgumentError(
        "allowed: a URL without a path, such as https://search-….es.amazonaws.com",
      );
    }),
  )
  .option("--check", "say what differs and change nothing; ends with 2 when something does")
  .addOption(
    new Option("--minutes <number>", "longest wait for the domain").default(60).argParser((given) => {
      const minutes = Number(given);
      if (Number.isInteger(minutes) && minutes >= 0 && minutes <= 360) return minutes;
      throw new InvalidArgumentError("allowed: a number from 0 to 360");
    }),
  )
  .addHelpText(
    "after",
    `\nIt asks as the domain's master user: as the role that 06-iam makes, or with the password in ${PASSWORD}.`,
  )
  .action(async ({ env, endpoint, check = false, minutes }: Options) => {
    const config = loadConfig({ env });
    const { region } = config;
    const sts = new STSClient({ region });
    try {
      const { account } = await whoAmI(sts);
      const overrides = overridesOf(env);
      const names = actualNames(config, overrides, account);
      const login = await loginOf(config, names, sts);
      const limitMs = minutes * MINUTE_MS;
      const connection = new Connection({
        endpoint:
          endpoint ??
          (await endpointOf({ domain: names.domain, region, limitMs, pollMs: POLL_MS, print: console.log })),
        login,
      });
      const print = ({ what, did, reason }: Outcome) =>
        console.log(
          `${check && did !== "unchanged" ? "different" : did}: ${what}${reason ? ` (${reason})` : ""}`,
        );
      const outcomes = await makeReady({
        ...{ connection, config, overrides, account, checkOnly: check },
        onOutcome: print,
      });
      await connection.close();
      const different = outcomes.some(({ did }) => did === "created" || did === "changed");
      if (check && different) process.exitCode = EXIT_DIFFERENT;
    } finally {
      sts.destroy();
    }
  });

async function loginOf({ domain, region }: Config, names: Names, sts: STSClient): Promise<Login> {
  if (domain.masterUser.kind === "internal") {
    const password = process.env[PASSWORD];
    if (!password)
      throw new CredentialsError(`${PASSWORD}: given nothing; allowed: the domain's master password`);
    return { kind: "password", user: domain.masterUser.name, password };
  }
  const as = names.roleArn("openSearchAdmin");
  const { Credentials: given } = await awsRequest("sts:AssumeRole", as, () =>
    sts.send(new AssumeRoleCommand({ RoleArn: as, RoleSessionName: "cali-opensearch" })),
  );
  if (!given?.AccessKeyId || !given.SecretAccessKey) {
    throw new CredentialsError(`sts:AssumeRole on ${as}: AWS answered without credentials`);
  }
  const { AccessKeyId, SecretAccessKey, SessionToken } = given;
  const credentials = async () => ({
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken && { sessionToken: SessionToken }),
  });
  return { kind: "iam", region, as, credentials };
}
