import { paintFor } from "@cali/base";
import { Command } from "commander";
import { selectStacks } from "../../core/application/application.ts";
import { applicationOf } from "../../core/application/application-of.ts";
import { environmentOption, type StackOptions, stackArgument, synthDirOption } from "../../core/options.ts";
import { Secrets } from "../../core/terraform/secrets.ts";
import { examine } from "./examine.ts";
import type { Finding } from "./finding.ts";
import { findingsAsText } from "./render.ts";

/** Of the JSON document; it grows when a reader of it has to know. */
const VERSION = 1;

interface Options extends Pick<StackOptions, "env" | "synthDir"> {
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** `cali doctor` */
export const doctorCommand = new Command("doctor")
  .description(
    "Looks at everything that a plan or a deployment needs before anything runs: credentials, bucket, lock table, states, digests, locks, Terraform's version, secrets. It changes nothing, and says for each finding what to do.",
  )
  .addArgument(stackArgument())
  .addOption(environmentOption())
  .addOption(synthDirOption())
  .option("--json", "print a JSON document")
  .option("--strict", "end with 1 for warnings, too")
  .addHelpText("after", "\nEnds with 0 when nothing failed, and with 1 when something did.")
  .action(async (names: string[], { env, synthDir, json, strict }: Options) => {
    const { config, application } = await applicationOf(env, synthDir);
    const stacks = selectStacks(application, names);
    const secrets = await Secrets.ofVariables(
      process.env,
      stacks.flatMap(({ sensitiveVariables }) => sensitiveVariables),
      stacks.map(({ folder }) => folder),
    );
    const found = await examine({ config, file: env, stacks, environment: process.env, now: new Date() });
    const findings = found.map((finding) => redacted(finding, secrets));
    if (json)
      console.log(JSON.stringify({ version: VERSION, environment: config.environment, findings }, null, 2));
    else console.log(findingsAsText(findings, paintFor(process.stdout)));
    const isBad = ({ status }: Finding) => status === "failure" || (strict === true && status === "warning");
    if (findings.some(isBad)) process.exitCode = 1;
  });

/** What AWS or a state says may hold one. */
function redacted({ found, allowed, remedy, command, ...rest }: Finding, secrets: Secrets): Finding {
  return {
    ...rest,
    found: secrets.redact(found),
    ...(allowed !== undefined && { allowed: secrets.redact(allowed) }),
    ...(remedy !== undefined && { remedy: secrets.redact(remedy) }),
    ...(command !== undefined && { command: secrets.redact(command) }),
  };
}
