import { SecretV1 } from "@cdktf/provider-kubernetes/lib/secret-v1/index.js";
import { Fn, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { withLogicalId } from "./logical-id.ts";

export interface SecretEntry {
  /** Name of the Terraform variable. */
  readonly variable: string;
  readonly description: string;
  /** Whether the service cannot do without. Default: false. */
  readonly required?: boolean;
  /** What the value must look like: a regular expression, and the same in words. Default: anything. */
  readonly form?: { readonly pattern: string; readonly words: string };
  /** What the key holds, made of the variable's value. Default: the value. */
  readonly render?: (value: string) => string;
}

export interface ServiceSecretProps {
  /** HCL name. */
  readonly hclName: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Terraform variable by the Secret's key: `CALI_SLACK_WEBHOOK_URL: { variable: "slack_webhook_url", … }`. */
  readonly entries: Readonly<Record<string, SecretEntry>>;
}

/**
 * A Secret made of Terraform variables that are sensitive and ephemeral, and written with `data_wo`: neither plan nor state
 * has the values. Terraform cannot see then that a value changed: `rotation` says so.
 */
export class ServiceSecret extends Construct {
  readonly name: string;
  readonly resource: SecretV1;
  /** Changes with the values, for the pods' annotations. */
  readonly revision: string;

  constructor(scope: Construct, id: string, props: ServiceSecretProps) {
    super(scope, id);
    const revision = this.variable("rotation", {
      type: "number",
      default: 1,
      description: "Raise it when a secret changed, so that it is written and the pods are started anew",
    });
    const data = Object.fromEntries(
      Object.entries(props.entries).map(([key, entry]) => {
        const value = this.secret(entry).stringValue;
        return [key, entry.render?.(value) ?? value];
      }),
    );
    this.resource = withLogicalId(
      new SecretV1(this, "Default", {
        metadata: { name: props.name, namespace: props.namespace, labels: { ...props.labels } },
        dataWo: data,
        dataWoRevision: revision.numberValue,
        type: "Opaque",
      }),
      props.hclName,
    );
    this.name = props.name;
    this.revision = `\${tostring(${revision.fqn})}`;
  }

  /** The variable of an entry; two entries may be made of one. */
  private secret({ variable: name, description, required, form }: SecretEntry): TerraformVariable {
    const known = this.node.tryFindChild(name);
    if (known instanceof TerraformVariable) return known;
    const variable = this.variable(name, {
      type: "string",
      sensitive: true,
      description,
      // Empty is not set: the service goes without.
      ...(!required && { default: "" }),
    });
    variable.addOverride("ephemeral", true);
    if (form) {
      const pattern = required ? form.pattern : `^$|${form.pattern}`;
      variable.addValidation({
        // In Terraform's text a backslash begins an escape.
        condition: Fn.can(Fn.regex(pattern.replaceAll("\\", "\\\\"), variable.stringValue)),
        errorMessage: `${name} must be ${form.words}.`,
      });
    }
    return variable;
  }

  private variable(
    name: string,
    config: ConstructorParameters<typeof TerraformVariable>[2],
  ): TerraformVariable {
    return withLogicalId(new TerraformVariable(this, name, { nullable: false, ...config }), name);
  }
}
