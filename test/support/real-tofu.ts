import { delimiter, join } from "node:path";
import { AWS_PROVIDER, RealAws, SKIPPED } from "./real-aws.ts";
import { isProgram } from "./run.ts";

/** An OpenTofu: the one that `CALI_TOFU` names, or that is on the `PATH`. */
const TOFU = [
  ...(process.env.CALI_TOFU ? [process.env.CALI_TOFU] : []),
  ...(process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "tofu")),
].find(isProgram);

/** For a test's title; empty: it runs. */
export const TOFU_SKIPPED =
  AWS_PROVIDER && !TOFU ? " (skipped: no tofu; it is not on the PATH, and CALI_TOFU names none)" : SKIPPED;

/** A fake AWS whose `dev` is run by OpenTofu, its states' place made. */
export async function startTofuAws(): Promise<RealAws> {
  const aws = await RealAws.start();
  aws.takeTofu(TOFU ?? "");
  aws.configure("dev", (text) => `${text}\nterraform: { program: tofu }\n`);
  await aws.bootstrap("dev");
  return aws;
}

/** A finding of `cali doctor --json` on a state. */
interface StateFinding {
  readonly check: string;
  readonly status: string;
  readonly found: string;
  readonly command?: string;
}

/** What doctor says of a stack's state. */
export async function statesOf(aws: RealAws, stack: string): Promise<StateFinding[]> {
  const { stdout } = await aws.cali("doctor", stack, "--env", "dev", "--json");
  const { findings }: { findings: StateFinding[] } = JSON.parse(stdout);
  return findings.filter(({ check }) => check.startsWith("state of "));
}
