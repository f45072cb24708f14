import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { DeleteBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { copyCheckout } from "./checkout.ts";
import { type Moto, startAwsFake } from "./moto.ts";
import { CALI, ROOT, type RunResult, run } from "./run.ts";

/** A folder of Terraform providers, as `terraform providers mirror` writes it unpacked; undefined: this machine has none. */
const MIRROR = process.env.CALI_PROVIDER_MIRROR || undefined;
const HOST = "registry.terraform.io";
const AWS_IN_MIRROR = `${HOST}/hashicorp/aws`;

/** The version of the real AWS provider that tests may use; undefined: they are skipped. */
export const AWS_PROVIDER: string | undefined =
  MIRROR && existsSync(join(MIRROR, AWS_IN_MIRROR))
    ? readdirSync(join(MIRROR, AWS_IN_MIRROR)).find((name) => /^\d+\.\d+\.\d+$/.test(name))
    : undefined;

/** Whether the mirror has a provider, such as `hashicorp/helm`. */
export const isInMirror = (provider: string) =>
  MIRROR !== undefined && existsSync(join(MIRROR, HOST, provider));

/** For a test's title. */
export const SKIPPED = AWS_PROVIDER ? "" : " (skipped: no provider; CALI_PROVIDER_MIRROR names none)";

/** Terraform's own configuration, by which it takes providers from the mirror. */
export const providersFrom = () =>
  `provider_installation {\n  filesystem_mirror { path = ${JSON.stringify(MIRROR)} }\n}\n`;

const REGION = "ap-northeast-2";
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };

const changesSchema = z.object({ changes: z.array(z.string()), holding: z.boolean() });

/** The provider looks at a new domain only after ten minutes, or when this is over. */
const DOMAIN_AT_ONCE = { resource: { aws_opensearch_domain: { logs: { timeouts: { create: "1s" } } } } };

/** A copy of the checkout, whose dev and prod use the real provider on a fake AWS. */
export class RealAws {
  readonly folder: string;
  readonly checkout: string;
  readonly url: string;
  readonly env: Record<string, string>;
  readonly #fake: Moto;

  private constructor(fake: Moto) {
    this.#fake = fake;
    this.url = fake.url;
    this.folder = mkdtempSync(join(tmpdir(), "cali-real-aws-"));
    this.checkout = join(this.folder, "checkout");
    const cliConfig = join(this.folder, "terraformrc");
    writeFileSync(cliConfig, providersFrom());
    this.env = {
      AWS_ENDPOINT_URL: fake.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_REGION: REGION,
      TF_CLI_CONFIG_FILE: cliConfig,
      CALI_COMMIT: "a".repeat(40),
    };
  }

  /** @param fake what the fake AWS is to know besides, by its variables. */
  static async start(fake: Record<string, string> = {}): Promise<RealAws> {
    const aws = new RealAws(await startAwsFake(fake));
    copyCheckout(aws.checkout);
    for (const name of ["dev", "prod"]) {
      aws.configure(name, (text) =>
        text.replace(/^region: .*$/m, `$&\nprovider: { aws: "${AWS_PROVIDER}", s3PathStyle: true }`),
      );
      aws.override(name, "03-opensearch", DOMAIN_AT_ONCE);
    }
    return aws;
  }

  /** Makes `name` an environment of one state, as existing Terraform users have it, without a provider for TLS. */
  share(name: string): void {
    this.configure(name, (text) => `${text}\nstateLayout: shared\nstate: { key: infra/terraform.tfstate }\n`);
    rmSync(join(this.checkout, `config/${name}.overrides`), { recursive: true });
    this.override(name, "infra", DOMAIN_AT_ONCE);
  }

  /** Lets OpenTofu, this very program, take the mirror's AWS provider as its own registry's. */
  takeTofu(program: string): void {
    const place = join(this.folder, "tofu-mirror/registry.opentofu.org/hashicorp/aws", AWS_PROVIDER ?? "");
    mkdirSync(place, { recursive: true });
    const own = join(MIRROR ?? "", AWS_IN_MIRROR, AWS_PROVIDER ?? "");
    for (const platform of readdirSync(own)) symlinkSync(join(own, platform), join(place, platform));
    const mirror = (path: string, host: string) =>
      `  filesystem_mirror {\n    path    = ${JSON.stringify(path)}\n    include = ["${host}/*/*"]\n  }\n`;
    const mirrors = [
      mirror(MIRROR ?? "", "registry.terraform.io"),
      mirror(join(this.folder, "tofu-mirror"), "registry.opentofu.org"),
    ];
    writeFileSync(join(this.folder, "terraformrc"), `provider_installation {\n${mirrors.join("")}}\n`);
    const bin = join(this.folder, "bin");
    mkdirSync(bin);
    symlinkSync(program, join(bin, "tofu"));
    this.env.PATH = [bin, join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter);
  }

  /** A configuration of Terraform's without OpenTofu's registry. */
  withoutTofu(): string {
    const path = join(this.folder, "terraformrc-alone");
    writeFileSync(path, providersFrom());
    return path;
  }

  /** Overrides what a stack of an environment synthesizes. */
  override(name: string, stack: string, patch: object): void {
    const folder = join(this.checkout, `config/${name}.overrides`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${stack}.json`), JSON.stringify(patch));
  }

  /** Changes an environment's file. */
  configure(name: string, change: (text: string) => string): void {
    const path = join(this.checkout, `config/${name}.yaml`);
    const before = readFileSync(path, "utf8");
    const after = change(before);
    if (after === before) throw new Error(`${path} did not change`);
    writeFileSync(path, after);
  }

  cali(...args: string[]): Promise<RunResult> {
    return run(join(ROOT, "node_modules/.bin/node"), [...CALI, ...args], {
      cwd: this.checkout,
      env: this.env,
    });
  }

  /** The clients' settings, for changes that somebody makes by hand. */
  get client() {
    return { endpoint: this.url, region: REGION, credentials };
  }

  /** The states' bucket and lock table, without the policy whose condition moto doesn't look at. */
  async bootstrap(name: string): Promise<void> {
    const { code, stdout, stderr } = await this.cali("bootstrap", "--env", name);
    if (code !== 0) throw new Error(stdout + stderr);
    const s3 = new S3Client({ ...this.client, forcePathStyle: true });
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: `cali-${name}-terraform-state` }));
    s3.destroy();
  }

  /** What was changed so far, as `kms:CreateKey`, and whether the answer to a change is kept back. */
  async changes(): Promise<z.output<typeof changesSchema>> {
    const answer = await fetch(`${this.url}/__changes`);
    return changesSchema.parse(await answer.json());
  }

  /** Keeps back the answer to the `count`th change from now; undefined: answers everything. */
  async hold(count?: number): Promise<void> {
    await fetch(`${this.url}/__changes${count === undefined ? "" : `?hold=${count}`}`, { method: "PUT" });
  }

  async stop(): Promise<void> {
    await this.#fake.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
