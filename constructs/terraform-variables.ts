import { Fn, Op, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { withLogicalId } from "./logical-id.ts";

/** The password of OpenSearch's master user: no default, never shown, and checked before anything is planned. */
export function masterPasswordVariable(scope: Construct): TerraformVariable {
  const name = "opensearch_master_password";
  const variable = withLogicalId(
    new TerraformVariable(scope, name, {
      type: "string",
      sensitive: true,
      nullable: false,
      description: "Password of the OpenSearch master user",
    }),
    name,
  );
  const holds = (pattern: string) => Fn.can(Fn.regex(pattern, variable.stringValue));
  variable.addValidation({
    condition: Op.and(
      Op.and(Op.gte(Fn.lengthOf(variable.stringValue), 8), Op.lte(Fn.lengthOf(variable.stringValue), 128)),
      Op.and(Op.and(holds("[A-Z]"), holds("[a-z]")), Op.and(holds("[0-9]"), holds("[^A-Za-z0-9]"))),
    ),
    errorMessage:
      "opensearch_master_password must have 8 to 128 characters, with an upper-case letter, a lower-case letter, a digit and a special character.",
  });
  return variable;
}

/** Defaults of the variables. */
export interface SharedVariablesProps {
  /** AWS region, such as `ap-northeast-2`. */
  readonly region: string;
  readonly environment: string;
  /** First word of every name. */
  readonly project: string;
  /** ARNs of IAM users and roles. */
  readonly team: string[];
}

/** The variables that users of the hand-written project set in `terraform.tfvars`; the configuration has the defaults. */
export class SharedVariables extends Construct {
  readonly region: TerraformVariable;
  readonly environment: TerraformVariable;
  readonly projectName: TerraformVariable;
  readonly teamMembersArns: TerraformVariable;
  readonly accessKey: TerraformVariable;
  readonly secretKey: TerraformVariable;

  constructor(scope: Construct, id: string, defaults: SharedVariablesProps) {
    super(scope, id);
    const variable = (name: string, description: string, defaultValue: string) =>
      withLogicalId(
        new TerraformVariable(this, name, {
          type: "string",
          nullable: false,
          description,
          default: defaultValue,
        }),
        name,
      );
    const key = (name: string, what: string) => {
      const variable = withLogicalId(
        new TerraformVariable(this, name, {
          type: "string",
          sensitive: true,
          nullable: true,
          description: `Discouraged: ${what} in a file. Leave it out, and the AWS provider takes the environment, a profile or a role`,
        }),
        name,
      );
      // As a property, cdktf 0.21 fails on null.
      variable.addOverride("default", null);
      return variable;
    };
    this.region = variable("aws_region", "AWS region", defaults.region);
    this.environment = variable("environment", "Environment (dev, staging, prod)", defaults.environment);
    this.projectName = variable("project_name", "First word of every name", defaults.project);
    this.teamMembersArns = withLogicalId(
      new TerraformVariable(this, "team_members_arns", {
        type: "list(string)",
        nullable: false,
        default: defaults.team,
        description: "ARNs of the IAM users and roles of the team, who get access to EKS and OpenSearch",
      }),
      "team_members_arns",
    );
    this.accessKey = key("aws_access_key", "an access key id");
    this.secretKey = key("aws_secret_key", "a secret access key");
  }
}
