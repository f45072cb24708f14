import { Fn, TerraformOutput, TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import { withLogicalId } from "./logical-id.ts";

/**
 * A variable (`image` unless named), which the service's pipeline sets: an image of the service's own repository by its digest, so
 * that what was built, scanned and signed is what runs. A tag is refused before anything is planned.
 */
export function imageVariable(
  scope: Construct,
  names: Names,
  service: string,
  name = "image",
): TerraformVariable {
  const variable = withLogicalId(
    new TerraformVariable(scope, name, {
      type: "string",
      nullable: false,
      description: `Image of the ${service}, by digest`,
    }),
    name,
  );
  const repository = `dkr.ecr.${names.region}.amazonaws.com/${names.actual.repository(service)}`;
  const pattern = `^[0-9]{12}[.]${repository.replaceAll(".", "[.]")}@sha256:[0-9a-f]{64}$`;
  variable.addValidation({
    condition: Fn.can(Fn.regex(pattern, variable.stringValue)),
    errorMessage: `${name} must be <account>.${repository}@sha256:<64 hexadecimal digits>: a digest, not a tag.`,
  });
  // Which one runs: a plan that is about something else leaves it as it is (delivery/core/planning/images.ts).
  withLogicalId(new TerraformOutput(scope, `${name}-output`, { value: variable.stringValue }), name);
  return variable;
}
