import { secureUrl } from "@cali/settings";
import type { Config } from "../../../config/schema.ts";
import type { SynthesizedStack } from "../../core/application/application.ts";
import { planKey } from "../../core/seal/key.ts";
import { isInFiles } from "../../core/terraform/variable-files.ts";
import { check, type Finding } from "./finding.ts";

/** An image comes from the service's own workflow, or is the one that runs. */
const isImage = (variable: string) => /(^|_)image$/.test(variable);

/**
 * What a run has in its environment: region, secrets, values of Terraform's variables. In a workflow what is missing fails the run; on
 * a person's machine only what that person does may need it. No value is ever in a finding.
 */
export async function checkEnvironment(
  config: Config,
  stacks: readonly SynthesizedStack[],
  environment: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const inWorkflow = environment.GITHUB_ACTIONS === "true";
  const absent = inWorkflow ? "failure" : "warning";
  const groups = await Promise.all([
    check("secret CALI_PLAN_KEY", async () => [keyFinding(environment, inWorkflow)]),
    check("secret SLACK_WEBHOOK_URL", async () => [webhookFinding(environment)]),
    check("AWS_REGION", async () => [regionFinding(config, environment)]),
  ]);
  const variables = [...new Set(stacks.flatMap(({ requiredVariables }) => requiredVariables))].filter(
    (name) => !isImage(name),
  );
  const isInFolders = async (name: string) =>
    (await Promise.all(stacks.map(({ folder }) => isInFiles(folder, name)))).includes(true);
  const inFiles = await Promise.all(variables.map(isInFolders));
  return [
    ...groups.flat(),
    ...variables.map((name, place): Finding => {
      const check = `variable ${name}`;
      const isGiven = environment[`TF_VAR_${name}`] || inFiles[place];
      if (isGiven) return { check, status: "ok", found: "given" };
      return {
        check,
        status: absent,
        found: "given nothing",
        allowed: "a value: it has no default",
        ...(inWorkflow
          ? {
              remedy: `set the secret that the workflow passes as TF_VAR_${name} (docs/pipeline.md, Secrets and variables)`,
            }
          : {
              // A shell of POSIX has no `read -s`.
              command: `stty -echo; read -r TF_VAR_${name}; stty echo; export TF_VAR_${name}`,
            }),
      };
    }),
  ];
}

/** Not every workflow seals plans, so that it is absent is no failure: sealing says so itself, before it plans. */
function keyFinding(environment: NodeJS.ProcessEnv, inWorkflow: boolean): Finding {
  const name = "secret CALI_PLAN_KEY";
  if (environment.CALI_PLAN_KEY) {
    planKey(environment);
    return { check: name, status: "ok", found: "32 bytes" };
  }
  const found = "given nothing; only who seals plans needs it";
  if (!inWorkflow) return { check: name, status: "skipped", found };
  return {
    check: name,
    status: "warning",
    found,
    command: "openssl rand -base64 32 | gh secret set CALI_PLAN_KEY",
  };
}

function webhookFinding({ SLACK_WEBHOOK_URL: given }: NodeJS.ProcessEnv): Finding {
  const name = "secret SLACK_WEBHOOK_URL";
  if (!given)
    return {
      check: name,
      status: "warning",
      found: "given nothing: nobody is notified",
      command: "gh secret set SLACK_WEBHOOK_URL",
    };
  if (secureUrl.safeParse(given).success) return { check: name, status: "ok", found: "an https URL" };
  return {
    check: name,
    status: "failure",
    found: `${given.length} characters that are not shown`,
    allowed: "an https URL",
    command: "gh secret set SLACK_WEBHOOK_URL",
  };
}

function regionFinding({ region }: Config, { AWS_REGION, AWS_DEFAULT_REGION }: NodeJS.ProcessEnv): Finding {
  const name = "AWS_REGION";
  const given = AWS_REGION || AWS_DEFAULT_REGION;
  if (!given || given === region) return { check: name, status: "ok", found: `${region}, as configured` };
  return {
    check: name,
    status: "warning",
    found: `given ${given}; configured is ${region}, which everything is made in`,
    remedy: "if that is a mistake; if the configuration's region is one, change that",
    command: `export AWS_REGION=${region}`,
  };
}
