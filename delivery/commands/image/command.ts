import { appendFile } from "node:fs/promises";
import { STSClient } from "@aws-sdk/client-sts";
import { Command, Option } from "commander";
import { loadConfig, overridesOf } from "../../../config/load.ts";
import { whoAmI } from "../../core/aws/identity.ts";
import { environmentOption } from "../../core/options.ts";
import { imageRepository, imageTarget } from "./image.ts";

interface Options {
  readonly env?: string;
  readonly output?: string;
}

/** `cali image` */
export const imageCommand = new Command("image")
  .description("Prints the repository that a service's images are pushed to.")
  .argument("<service>", "folder in services/, such as consumer")
  .addOption(environmentOption())
  .addOption(
    new Option(
      "--output <file>",
      "append repository=<address> and target=<stage of the Dockerfile> to this file",
    ).env("GITHUB_OUTPUT"),
  )
  .action(async (service: string, { env, output }: Options) => {
    const config = loadConfig({ env });
    // Refused before AWS is asked.
    imageRepository(config, service, "0".repeat(12));
    const sts = new STSClient({ region: config.region });
    try {
      const { account } = await whoAmI(sts);
      const repository = imageRepository(config, service, account, overridesOf(env));
      const target = imageTarget(config, service) ?? "";
      if (output) await appendFile(output, `repository=${repository}\ntarget=${target}\n`);
      console.log(repository);
    } finally {
      sts.destroy();
    }
  });
