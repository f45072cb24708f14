import { createRequire } from "node:module";
import type { CronJobV1Config } from "@cdktf/provider-kubernetes/lib/cron-job-v1/index.js";
import type { DeploymentV1Config } from "@cdktf/provider-kubernetes/lib/deployment-v1/index.js";
import type { StatefulSetV1Config } from "@cdktf/provider-kubernetes/lib/stateful-set-v1/index.js";
import { type TerraformMetaArguments, TerraformResource, TerraformStack, Tokenization } from "cdktf";
import { Construct } from "constructs";

const require = createRequire(import.meta.url);

type Attributes = { [name: string]: unknown };

/** Attributes that are maps: what stands in them is named by people, and stays as it is. */
export const MAPS: ReadonlySet<string> = new Set([
  ...["annotations", "labels", "limits", "matchLabels"],
  ...["nodeSelector", "options", "requests", "volumeAttributes"],
]);

/** As Terraform writes an attribute that the bindings call `matchLabels`. */
export const terraformName = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * A workload that the generated bindings type, and do not make: each of the three has 5 MB of code for every attribute of a pod, together
 * an eighth of the synthesis, which does no more than write names as Terraform does. A test holds both together.
 */
class Workload<Config extends TerraformMetaArguments> extends TerraformResource {
  readonly #config: Config;

  constructor(scope: Construct, id: string, terraformResourceType: string, config: Config) {
    super(scope, id, {
      ...metaOf(config),
      terraformResourceType,
      terraformGeneratorMetadata: { providerName: "kubernetes" },
    });
    this.#config = config;
  }

  /** A reference to its name. */
  get name(): string {
    return this.getStringAttribute("metadata[0].name");
  }

  protected override synthesizeAttributes(): Attributes {
    const own = Object.entries(this.#config).filter(([key]) => !META.includes(key));
    return asTerraform(Object.fromEntries(own)) as Attributes;
  }

  /** HCL has to know which attributes are blocks: the binding does, loaded for that alone. */
  protected override synthesizeHclAttributes(): Attributes {
    const folder = this.terraformResourceType.replace("kubernetes_", "").replaceAll("_", "-");
    const binding = require(`@cdktf/provider-kubernetes/lib/${folder}/index.js`)[this.constructor.name];
    const elsewhere = new TerraformStack(new Construct(undefined as never, ""), "hcl");
    return new binding(elsewhere, "One", this.#config).synthesizeHclAttributes();
  }
}

/** What cdktf itself writes of a resource. */
const META = ["provider", "dependsOn", "count", "lifecycle", "provisioners", "connection", "forEach"];

const metaOf = (config: TerraformMetaArguments): TerraformMetaArguments =>
  Object.fromEntries(Object.entries(config).filter(([key]) => META.includes(key)));

function asTerraform(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asTerraform);
  if (typeof value !== "object" || value === null || Tokenization.isResolvable(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [terraformName(key), MAPS.has(key) ? one : asTerraform(one)]),
  );
}

/** As the binding of its name. */
export class CronJobV1 extends Workload<CronJobV1Config> {
  constructor(scope: Construct, id: string, config: CronJobV1Config) {
    super(scope, id, "kubernetes_cron_job_v1", config);
  }
}

/** As the binding of its name. */
export class DeploymentV1 extends Workload<DeploymentV1Config> {
  constructor(scope: Construct, id: string, config: DeploymentV1Config) {
    super(scope, id, "kubernetes_deployment_v1", config);
  }
}

/** As the binding of its name. */
export class StatefulSetV1 extends Workload<StatefulSetV1Config> {
  constructor(scope: Construct, id: string, config: StatefulSetV1Config) {
    super(scope, id, "kubernetes_stateful_set_v1", config);
  }
}
