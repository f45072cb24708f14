import { Command, Option } from "commander";
import { loadConfig } from "../../../config/load.ts";
import { stateBackend } from "../../../config/state-backend.ts";
import { environmentOption } from "../../core/options.ts";
import { bootstrap } from "./bootstrap.ts";
import { NOTHING, plan } from "./plan.ts";
import { planDocument, shellScript } from "./script.ts";

/** `--check` found something missing. */
const EXIT_MISSING = 2;

interface Options {
  readonly env?: string;
  readonly print?: boolean;
  readonly json?: boolean;
  readonly check?: boolean;
}

async function run({ env, print = false, json = false, check = false }: Options): Promise<void> {
  const config = loadConfig({ env });
  const backend = stateBackend(config);
  if (print) {
    const planned = plan(backend, NOTHING);
    console.log(
      json ? JSON.stringify(planDocument(backend, planned), null, 2) : shellScript(backend, planned),
    );
    return;
  }
  const { steps } = await bootstrap({
    backend,
    s3PathStyle: config.provider.s3PathStyle,
    checkOnly: check,
    print: console.log,
  });
  if (check && steps.length > 0) process.exitCode = EXIT_MISSING;
}

/** `cali bootstrap` */
export const bootstrapCommand = new Command("bootstrap")
  .description(
    "Makes the S3 bucket and the DynamoDB lock table of an environment's Terraform states: versioned, encrypted, private. Run again, it adds what is missing and changes nothing else.",
  )
  .addOption(environmentOption())
  .option("--print", "print the commands that make them, and ask AWS nothing")
  .option("--json", "with --print: as JSON")
  .addOption(
    new Option("--check", "say what is missing and change nothing; ends with 2 when something is").conflicts([
      "print",
      "json",
    ]),
  )
  .addHelpText(
    "after",
    "\nCredentials come from where the AWS CLI takes them: environment, profile (AWS_PROFILE), SSO, role.",
  )
  .action(async (options: Options, command: Command) => {
    if (options.json && !options.print) command.error("error: --json needs --print");
    await run(options);
  });
