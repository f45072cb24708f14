import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "@cali/base";
import pLimit from "p-limit";
import semver from "semver";
import { z } from "zod";
import type { StateBackend } from "../../../config/state-backend.ts";
import type { SynthesizedStack } from "../../core/application/application.ts";
import { isShared, REMEDY, sharedDifferences } from "../../core/shared-state/check.ts";
import { schemaDifferences } from "../../core/shared-state/schema-versions.ts";
import { readItem, readObject } from "../../core/state-backend/lock.ts";
import { otherThan, type Program } from "../../core/terraform/programs.ts";
import { providersOf, writtenBy } from "../../core/terraform/written-by.ts";
import { check, type Finding } from "./finding.ts";
import { checkLock, type LockChecks } from "./locks.ts";
import { restored } from "./versions.ts";

export interface StateChecks extends LockChecks {
  readonly program: Program;
  /** Its installed version; undefined: there is none. */
  readonly installed: string | undefined;
  /** Where values of Terraform's variables may be. */
  readonly environment: NodeJS.ProcessEnv;
  /** Whether a newer provider may write what older ones can't read. */
  readonly mayRaiseSchemas: boolean;
}

/** Stacks that are looked at side by side. */
const AT_ONCE = 8;

/** What Terraform reads: it takes a state without its own version, or without a list of resources, too. */
const stateSchema = z.object({
  version: z.literal(4, { error: "version 4 of Terraform's states" }),
  terraform_version: z
    .string()
    .refine((text) => text === "" || semver.valid(text) !== null, { error: "a version such as 1.11.4" })
    .nullish(),
  serial: z.int().nonnegative(),
  lineage: z.string(),
  resources: z
    .array(z.unknown())
    .nullish()
    .transform((given) => given ?? []),
});

/** Each stack's state: readable, as the lock table says it is, of no later program, and not locked. */
export async function checkStates(
  stacks: readonly SynthesizedStack[],
  checks: StateChecks,
): Promise<Finding[]> {
  const limit = pLimit(AT_ONCE);
  const found = await Promise.all(
    stacks.map((stack) =>
      limit(async () => {
        const { name, stateKey } = stack;
        if (stateKey === undefined) {
          return [{ check: `state of ${name}`, status: "skipped" as const, found: "it is not kept in S3" }];
        }
        const [state, lock] = await Promise.all([
          check(`state of ${name}`, () => checkState(stack, stateKey, checks)),
          check(`lock of ${name}`, () => checkLock(name, stateKey, checks)),
        ]);
        return [...state, ...lock];
      }),
    ),
  );
  return found.flat();
}

async function checkState(stack: SynthesizedStack, key: string, checks: StateChecks): Promise<Finding[]> {
  const { backend } = checks;
  const name = `state of ${stack.name}`;
  const where = `s3://${backend.bucket}/${key}`;
  const [body, digest] = await Promise.all([
    readObject(checks, key),
    readItem(checks, `${backend.bucket}/${key}-md5`, "Digest"),
  ]);
  if (body === undefined) {
    if (digest === undefined) return [{ check: name, status: "ok", found: "never applied" }];
    return [
      {
        check: name,
        status: "failure",
        found: `${where} is not there, but the lock table has its digest ${digest}: the state was deleted`,
        allowed: "a state and its digest, or neither",
        ...(await restored(checks, key, anyStateSchema)),
      },
    ];
  }
  const md5 = createHash("md5").update(body).digest("hex");
  const isOther = digest !== undefined && digest !== md5;
  const contradiction = isOther ? [wrongDigest(name, key, { digest, md5 }, backend)] : [];
  const json = parseJson(body.toString("utf8"));
  const parsed = stateSchema.safeParse(json);
  if (!parsed.success) {
    const other = otherFormat(json);
    if (other) return [{ check: name, ...other, found: `${where} is ${other.found}` }, ...contradiction];
    return [
      {
        check: name,
        status: "failure",
        found: `${where} is no state: ${z.prettifyError(parsed.error).replaceAll("\n", " ")}`,
        allowed: "what Terraform writes",
        ...(await restored(checks, key, anyStateSchema)),
      },
    ];
  }
  const { serial, terraform_version: version, resources } = parsed.data;
  const writer = writtenBy(resources) ?? checks.program;
  const findings: Finding[] = [
    {
      check: name,
      status: "ok",
      found: `serial ${serial}, written by ${writer.name} ${version || "of an unknown version"}`,
    },
    ...checkWriter(stack, writer, version || undefined, resources, checks),
  ];
  findings.push(...contradiction);
  if (!isShared(stack)) return findings;
  return [
    ...findings,
    ...(await checkOwner(stack, resources, checks)),
    ...(await checkSchemas(stack, resources, checks)),
  ];
}

const otherFormatSchema = z.union([
  z.object({ lineage: z.string(), encrypted_data: z.string() }).transform(() => "encrypted" as const),
  z
    .object({ lineage: z.string(), version: z.int().positive() })
    .refine(({ version }) => version !== 4)
    .transform(({ version }) => version),
]);

/** What may be put back in its place. */
const anyStateSchema = z.union([stateSchema, otherFormatSchema]);

/** A state that is whole, and not to be read here: an older one in its place would lose what it has. undefined: it is none. */
function otherFormat(json: unknown): Pick<Finding, "status" | "found" | "allowed" | "remedy"> | undefined {
  const { data: format } = otherFormatSchema.safeParse(json);
  if (format === undefined) return undefined;
  if (format === "encrypted") {
    return {
      status: "warning",
      found: "a state that OpenTofu has encrypted: what is in it is not looked at",
      remedy: "leave it as it is; `tofu state pull` shows it to whoever has the key",
    };
  }
  if (format < 4) {
    return {
      status: "warning",
      found: `a state of format ${format}: the next apply writes it anew as format 4, which what wrote it can't read`,
    };
  }
  return {
    status: "failure",
    found: `a state of format ${format}, which a later program has written`,
    allowed: "format 4",
    remedy: "leave it as it is, and install the program that has written it, in .github/actions/setup, too",
  };
}

/** What a later version or the other program has written. The versions of one say nothing of the other's. */
function checkWriter(
  stack: SynthesizedStack,
  writer: Program,
  version: string | undefined,
  resources: readonly unknown[],
  { program, installed }: StateChecks,
): Finding[] {
  const check = `state of ${stack.name}`;
  const { command, name, install, registry } = program;
  if (writer !== program) {
    const other = otherThan(program);
    const found = `written by ${writer.name}: the next apply with ${name} takes its providers from ${registry}`;
    const back = providersOf(resources, other).map(
      (address) =>
        `${command} state replace-provider -auto-approve ${address} ${address.replace(other.registry, registry)}`,
    );
    if (writer.command === "tofu") {
      // Unlike OpenTofu, Terraform keeps another registry's providers, and installs them beside its own.
      return [
        {
          check,
          status: "warning",
          found: `${found}; until then Terraform installs them from ${other.registry}, too`,
          remedy: `set terraform.program: tofu if the change of the program is a mistake; if ${other.registry} can't be reached or lock files are kept, after \`${command} init\` in ${stack.folder}`,
          command: back.join(" && "),
        },
      ];
    }
    if (!isShared(stack)) return [];
    return [
      {
        check,
        status: "warning",
        found,
        remedy: `before the first apply, everybody who works on this state takes ${name}, too; the way back: docs/migrating.md`,
      },
    ];
  }
  // A build of OpenTofu's source says `-dev` of itself, and not in a state.
  if (version === undefined || installed === undefined) return [];
  if (!semver.gt(version, semver.coerce(installed) ?? installed)) return [];
  return [
    {
      check,
      status: "failure",
      found: `written by ${name} ${version}; installed is ${installed}`,
      allowed: `${name} ${version} or newer`,
      remedy: `install ${name} ${version} (${install}), in .github/actions/setup, too`,
    },
  ];
}

/** A provider that writes newer schemas into a state that others work on locks them out, unless they have it, too. */
async function checkSchemas(
  { name, folder }: SynthesizedStack,
  resources: readonly unknown[],
  { mayRaiseSchemas, program }: StateChecks,
): Promise<Finding[]> {
  const check = `schemas of ${name}`;
  const constraint = await awsConstraint(folder);
  if (constraint === undefined) return [];
  const differences = schemaDifferences(resources, constraint);
  if (differences.length === 0) {
    return [{ check, status: "ok", found: `as the AWS provider ${constraint} writes them` }];
  }
  return differences.map(({ type, inState, ofProvider }): Finding => {
    if (inState > ofProvider) {
      return {
        check,
        status: "failure",
        found: `${type}: version ${inState} in the state; the AWS provider ${constraint} knows ${ofProvider}, and can't read it`,
        allowed: "a provider that is as new as the one that wrote the state",
        remedy: `set provider.aws to "~> 5.0" in the configuration`,
      };
    }
    const found = `${type}: version ${inState} in the state; the first apply with the AWS provider ${constraint} raises it to ${ofProvider}, and who has an older one can't read the state any more`;
    if (mayRaiseSchemas) return { check, status: "warning", found };
    return {
      check,
      status: "failure",
      found,
      allowed: "the state's versions, or a word that everybody is ready",
      remedy: `everybody who works on this state runs \`${program.command} init -upgrade\` in the hand-written project and commits .terraform.lock.hcl; then set provider.mayRaiseSchemas: true in the configuration. Or set provider.aws to the version that they have`,
    };
  });
}

const requirementSchema = z.object({
  terraform: z.object({
    required_providers: z.object({ aws: z.object({ version: z.string() }) }),
  }),
});

/** The constraint that a stack has for the AWS provider; undefined: it uses none. */
async function awsConstraint(folder: string): Promise<string | undefined> {
  const { data } = requirementSchema.safeParse(
    parseJson(await readFile(join(folder, "cdk.tf.json"), "utf8")),
  );
  return data?.terraform.required_providers.aws.version;
}

/** A state that somebody else's Terraform may have made is of the configuration's project, environment and region. */
async function checkOwner(
  stack: SynthesizedStack,
  resources: readonly unknown[],
  { environment }: StateChecks,
): Promise<Finding[]> {
  const name = `configuration of ${stack.name}`;
  const { stops, others } = await sharedDifferences(stack, resources, environment);
  if (stops.length + others.length === 0) return [{ check: name, status: "ok", found: "of the state" }];
  return [
    ...stops.map(
      (found): Finding => ({
        check: name,
        status: "failure",
        found,
        allowed: "what the state is of: everything in it would be destroyed and made anew",
        remedy: REMEDY,
      }),
    ),
    ...others.map(
      (found): Finding => ({
        check: name,
        status: "warning",
        found,
        remedy: "the next plan shows what comes of it; write what you have into the configuration to keep it",
      }),
    ),
  ];
}

/** Terraform compares them, too, and refuses to work. */
function wrongDigest(
  check: string,
  key: string,
  { digest, md5 }: { digest: string; md5: string },
  { bucket, lockTable, region }: StateBackend,
): Finding {
  const item = JSON.stringify({ LockID: { S: `${bucket}/${key}-md5` }, Digest: { S: md5 } });
  return {
    check,
    status: "failure",
    found: `the lock table has the digest ${digest}, the state's MD5 is ${md5}: one of both was written without the other`,
    allowed: "the same",
    remedy:
      "wait a minute and run again; if it stays so, make sure that the object is the state you want (its versions are kept), then",
    command: `aws dynamodb put-item --region ${region} --table-name ${lockTable} --item '${item}'`,
  };
}
