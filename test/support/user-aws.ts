import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { startAwsFake } from "./moto.ts";
import { AWS_PROVIDER, SKIPPED } from "./real-aws.ts";
import { isProgram, run } from "./run.ts";

/** `.ci/run` builds it from its Go module, which has no name for its releases. */
const TLS_PROVIDER = (process.env.PATH ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "terraform-provider-tls"))
  .find(isProgram);
/** What the provider is called in a mirror: the constraint of the shared root has to take it. */
const TLS_VERSION = "4.99.0";

/** For a test's title; empty: it runs. */
export const USER_SKIPPED =
  AWS_PROVIDER && !TLS_PROVIDER
    ? " (skipped: no provider; terraform-provider-tls is not on the PATH)"
    : SKIPPED;

/** A fake AWS with what Terraform needs to use it: a user's account. */
export interface UserAws {
  readonly url: string;
  /** Where a certificate can be read that stands for the clusters' issuers'. */
  readonly certificateUrl: string;
  /** Of whatever runs Terraform, or asks AWS. */
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/**
 * Starts a fake AWS, and a TLS server whose certificate stands for that of the clusters' issuers.
 *
 * @param region which access entries and add-ons are said to be in.
 */
export async function startUserAws(region: string): Promise<UserAws> {
  const folder = mkdtempSync(join(tmpdir(), "cali-user-aws-"));
  const certificate = join(folder, "certificate.pem");
  const issuer = await startIssuer(folder, certificate);
  // Without a port: the provider compares issuers as if they had none.
  const fake = await startAwsFake({
    AWS_REGION: region,
    FAKE_ISSUER: `https://oidc.eks.${region}.amazonaws.com`,
  });
  const cliConfig = join(folder, "terraformrc");
  writeFileSync(cliConfig, installation(folder));
  const { url } = fake;
  return {
    url,
    certificateUrl: `https://localhost:${(issuer.address() as AddressInfo).port}`,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret-key",
      AWS_EC2_METADATA_DISABLED: "true",
      TF_CLI_CONFIG_FILE: cliConfig,
      SSL_CERT_FILE: certificate,
    },
    async stop() {
      await fake.stop();
      issuer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Terraform's configuration: the AWS provider from the machine's mirror, the TLS provider from one of its own. */
function installation(folder: string): string {
  const own = join(folder, "mirror");
  const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
  const place = join(own, "registry.terraform.io/hashicorp/tls", TLS_VERSION, platform);
  mkdirSync(place, { recursive: true });
  copyFileSync(TLS_PROVIDER ?? "", join(place, `terraform-provider-tls_v${TLS_VERSION}`));
  const mirror = (path: string, provider: string) =>
    `  filesystem_mirror {\n    path    = ${JSON.stringify(path)}\n    include = ["registry.terraform.io/hashicorp/${provider}"]\n  }\n`;
  return `provider_installation {\n${mirror(process.env.CALI_PROVIDER_MIRROR ?? "", "aws")}${mirror(own, "tls")}}\n`;
}

async function startIssuer(folder: string, certificate: string): Promise<Server> {
  const key = join(folder, "key.pem");
  const made = await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-keyout", key, "-out", certificate, "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost"],
  ]);
  if (made.code !== 0) throw new Error(`openssl: ${made.stderr}`);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_, response) =>
    response.end("{}"),
  );
  await new Promise<void>((done) => server.listen(0, "localhost", done));
  return server;
}
