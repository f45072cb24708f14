import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider/index.js";
import { type App, S3Backend, type TerraformStack } from "cdktf";
import { Names, namePrefix } from "../config/names.ts";
import { type NameValues, overriddenNames, overridesInOrder } from "../config/overridden-names.ts";
import type { Overrides } from "../config/overrides.ts";
import type { References } from "../config/references.ts";
import type { Config } from "../config/schema.ts";
import { stateBackend, stateKey } from "../config/state-backend.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { awsProviderVersion, BUNDLED_AWS_PROVIDER } from "../constructs/provider-version.ts";
import { SharedVariables } from "../constructs/terraform-variables.ts";
import { OverriddenStack } from "./overridden-stack.ts";
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
  private readonly references: References;
  private readonly places = new Map<string, Place>();

  /**
   * @param overrides by stack. What those of the one state say of a resource holds in whichever stack has it.
   * @param references values of what they refer to in another state.
   */
  constructor(app: App, config: Config, overrides: Overrides = {}, references: References = {}) {
    this.app = app;
    this.config = config;
    this.overrides = overrides;
    this.references = references;
  }

  /** The place of a numbered stack. */
  of(name: StackName): Place {
    const shared = this.config.stateLayout === "shared" && stackOf(name)?.sharedState === true;
    const state = shared ? SHARED_STACK : name;
    const place = this.places.get(state) ?? this.place(state, shared);
    this.places.set(state, place);
    return place;
  }

  /** The root that the objects of 01-07 came from, or go to: it has the one state's backend, providers and variables. */
  oldRoot(): Place {
    return this.place(SHARED_STACK, true);
  }

  /** The root of a numbered stack whose objects go to the one state. */
  emptied(name: StackName): TerraformStack {
    return this.place(name, false).stack;
  }

  private place(name: string, shared: boolean): Place {
    const { config } = this;
    const stack = this.state(name, shared ? (config.state.key ?? "") : stateKey(name));
    const isPart = shared || stackOf(name)?.sharedState === true;
    const wasShared = config.stateLayout === "shared" || config.imported;
    // Who has a state alone may take the provider that the bindings are of; in the shared one, and in what came from it, all must agree.
    const version =
      wasShared && !isPart
        ? BUNDLED_AWS_PROVIDER
        : awsProviderVersion({ version: config.provider.aws, shared: wasShared });
    stack.addOverride("terraform.required_providers.aws.version", version);
    return shared ? this.sharedState(stack) : this.ownState(stack);
  }

  private state(name: string, key: string): TerraformStack {
    const { config } = this;
    const stack = new OverriddenStack(this.app, name, this.overrides, this.references);
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
    this.tlsProvider(stack);
    const prefix = variables.projectName.stringValue;
    return {
      stack,
      names: this.names(prefix, { project: prefix, environment, region, account: account(stack) }),
      team: variables.teamMembersArns.listValue,
    };
  }

  private ownState(stack: TerraformStack): Place {
    const { config } = this;
    const { environment, region } = config;
    this.awsProvider(stack, { region, environment });
    if (stack.node.id === "05-eks") this.tlsProvider(stack);
    const values = { project: config.project, environment, region, account: account(stack) };
    return { stack, names: this.names(namePrefix(config), values), team: config.team };
  }

  private names(prefix: string, values: NameValues): Names {
    return new Names({
      ...values,
      prefix,
      overridden: overriddenNames(overridesInOrder(this.config, this.overrides, SHARED_STACK), values),
    });
  }

  /** With IRSA the OIDC provider's thumbprint is read from a certificate. */
  private tlsProvider(stack: TerraformStack): void {
    if (this.config.workloadIdentity === "pod-identity") return;
    new TlsProvider(stack, "tls");
    stack.addOverride("terraform.required_providers.tls.version", TLS_PROVIDER);
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

function account(stack: TerraformStack): string {
  return withLogicalId(new DataAwsCallerIdentity(stack, "CallerIdentity"), "current").accountId;
}
