import { z } from "zod";
import { PROGRAMS, type Program } from "./programs.ts";

const oneSchema = z.looseObject({ provider: z.string().optional() });
/** OpenTofu writes the provider to each instance where each key has its own. */
const resourceSchema = oneSchema.extend({ instances: z.array(oneSchema).catch([]) });
/** `provider["registry.terraform.io/hashicorp/aws"].virginia`, in a module with its address before it. */
const PROVIDER = /(?:^|\.)provider\["([^"]+)"\]/;

/** Providers of a state's resources that come from a program's registry, such as `registry.opentofu.org/hashicorp/aws`. */
export function providersOf(resources: readonly unknown[], { registry }: Program): string[] {
  const found = resources.flatMap((one) => {
    const { data } = resourceSchema.safeParse(one);
    return [data, ...(data?.instances ?? [])].flatMap((holder) => {
      const address = PROVIDER.exec(holder?.provider ?? "")?.[1];
      return address?.startsWith(`${registry}/`) ? [address] : [];
    });
  });
  return [...new Set(found)].sort();
}

/**
 * The program that wrote a state, by where its providers come from; undefined: they don't tell. What OpenTofu reads of Terraform it
 * writes with its own registry; Terraform writes what it applies with its own, and leaves the rest. So one provider of OpenTofu's tells.
 */
export function writtenBy(resources: readonly unknown[]): Program | undefined {
  return [PROGRAMS.tofu, PROGRAMS.terraform].find((one) => providersOf(resources, one).length > 0);
}
