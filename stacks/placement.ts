import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider/index.js";
import { type App, S3Backend, TerraformStack } from "cdktf";
import { Names, namePrefix } from "../config/names.ts";
import { type Json, type Overrides, overridden } from "../config/overrides.ts";
import type { Config } from "../config/schema.ts";
import { stateBackend } from "../config/state-backend.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { awsProviderVersion, BUNDLED_AWS_PROVIDER } from "../constructs/provider-version.ts";
import { SharedVariables } from "../constructs/terraform-variables.ts";
import { SHARED_STACK, type StackName, stackOf } from "./registry.ts";

const TLS_PROVIDER = "~> 4.0";

/** Where a numbered stack stands. */
export interface Place {
  readonly stack: TerraformStack;
  readonly names: Names;
  /** ARNs of the team, plain or one reference to a list. */
  readonly team: string[];
}

/**
 * Decides which numbered stack goes into which Terraform state, and gives each state its backend and providers. The
 * numbered stacks don't know which layout they are in.
 */
export class Placement {
  private readonly app: App;
  private readonly config: Config;
  private readonly overrides: Overrides;
  private readonly places = new Map<string, Place>();

  constructor(app: App, config: Config, overrides: Overrides = {}) {
    this.app = app;
    this.config = config;
    this.overrides = overrides;
  }

  /** The place of a numbered stack. */
  of(name: StackName): Place {
    const shared = this.config.stateLayout === "shared" && stackOf(name)?.sharedState === true;
    const state = shared ? SHARED_STACK : name;
    const place = this.places.get(state) ?? this.place(state, shared);
    this.places.set(state, place);
    return place;
  }

  private place(name: string, shared: boolean): Place {
    const { config } = this;
    const stack = this.state(name, shared ? (config.state.key ?? "") : stateKey(name));
    // Who has a state alone may take the provider that the bindings are of; in the shared one all must agree.
    const version =
      config.stateLayout === "shared" && !shared
        ? BUNDLED_AWS_PROVIDER
        : awsProviderVersion({ version: config.provider.aws, shared });
    stack.addOverride("terraform.required_providers.aws.version", version);
    return shared ? this.sharedState(stack) : this.ownState(stack);
  }

  private state(name: string, key: string): TerraformStack {
    const { config } = this;
    const stack = new OverriddenStack(this.app, name, this.overrides[name] ?? {});
    const backend = stateBackend(config);
    const s3 = new S3Backend(stack, {
      bucket: backend.bucket,
      key,
      region: backend.region,
      encrypt: true,
      dynamodbTable: backend.lockTable,
      ...(backend.kmsKeyArn && { kmsKeyId: backend.kmsKeyArn }),
    });
    // cdktf 0.21's S3Backend doesn't know these two. The table stays as well: Terraform keeps the state's digest there
    // only with it, and would otherwise find an old digest and refuse the state.
    s3.addOverride("use_lockfile", true);
    if (config.provider.s3PathStyle) s3.addOverride("use_path_style", true);
    return stack;
  }

  private sharedState(stack: TerraformStack): Place {
    const variables = new SharedVariables(stack, "Variables", this.config);
    const environment = variables.environment.stringValue;
    const region = variables.region.stringValue;
    this.awsProvider(stack, {
      region,
      environment,
      accessKey: variables.accessKey.stringValue,
      secretKey: variables.secretKey.stringValue,
    });
    // The OIDC provider's thumbprint is read from a certificate; IRSA is for the shared state only.
    if (this.config.workloadIdentity === "irsa") {
      new TlsProvider(stack, "tls");
      stack.addOverride("terraform.required_providers.tls.version", TLS_PROVIDER);
    }
    return {
      stack,
      names: new Names({
        prefix: variables.projectName.stringValue,
        environment,
        region,
        account: account(stack),
      }),
      team: variables.teamMembersArns.listValue,
    };
  }

  private ownState(stack: TerraformStack): Place {
    const { config } = this;
    const { environment, region } = config;
    this.awsProvider(stack, { region, environment });
    return {
      stack,
      names: new Names({ prefix: namePrefix(config), environment, region, account: account(stack) }),
      team: config.team,
    };
  }

  private awsProvider(
    stack: TerraformStack,
    aws: { region: string; environment: string; accessKey?: string; secretKey?: string },
  ): void {
    const { environment, ...login } = aws;
    new AwsProvider(stack, "aws", {
      ...login,
      ...(this.config.provider.s3PathStyle && { s3UsePathStyle: true }),
      defaultTags: [{ tags: { ...this.config.tags, Environment: environment } }],
    });
  }
}

function stateKey(name: string): string {
  return `stacks/${name}/terraform.tfstate`;
}

function account(stack: TerraformStack): string {
  return withLogicalId(new DataAwsCallerIdentity(stack, "CallerIdentity"), "current").accountId;
}

/** A state whose synthesized JSON has the environment's overrides merged in, so that everything that reads it sees them. */
class OverriddenStack extends TerraformStack {
  private readonly patch: Overrides[string];

  constructor(app: App, name: string, patch: Overrides[string]) {
    super(app, name);
    this.patch = patch;
  }

  override toTerraform(): unknown {
    return overridden(super.toTerraform() as Json, this.patch);
  }
}
