import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./support/run.ts";
import { synthesizeEnvironment } from "./support/synth.ts";

/** The synthesized variables in a root of their own, planned by the real Terraform. */
describe("terraform-users' variables", () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-variables-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(() => {
    const { variable } = synthesizeEnvironment("terraform-users").stacks.infra ?? {};
    const output = { key: { value: "${var.aws_access_key == null}", sensitive: true } };
    writeFileSync(join(folder, "main.tf.json"), JSON.stringify({ variable, output }));
  });

  const plan = (password: string) =>
    run("terraform", ["plan", "-no-color", "-input=false"], {
      cwd: folder,
      env: { TF_VAR_opensearch_master_password: password },
    });

  it.each(["Passw0rd!", "aB3 aB3 ", `Aa1!${"x".repeat(124)}`, "비밀번호Aa1비밀"])(
    "accept the password %s",
    async (password) => {
      const { code, stdout, stderr } = await plan(password);
      expect(code, stderr).toBe(0);
      expect(stdout).not.toContain(password);
    },
  );

  it.each([
    ["shorter than 8", "Aa1!xyz"],
    ["longer than 128", `Aa1!${"x".repeat(125)}`],
    ["without an upper-case letter", "passw0rd!"],
    ["without a lower-case letter", "PASSW0RD!"],
    ["without a digit", "Password!"],
    ["without a special character", "Passw0rdx"],
  ])("refuse a password %s", async (_, password) => {
    const { code, stderr } = await plan(password);
    expect(code).toBe(1);
    expect(stderr.replaceAll(/[\s│]+/g, " ")).toContain(
      "opensearch_master_password must have 8 to 128 characters",
    );
  });

  it("ask for the password, which has no default", async () => {
    const { code, stderr } = await run("terraform", ["plan", "-no-color", "-input=false"], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain("opensearch_master_password");
  });
});

/** The image that a service's pipeline sets. */
describe("13-consumer's image", () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-image-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(() => {
    const { image } = synthesizeEnvironment("dev").stacks["13-consumer"]?.variable ?? {};
    writeFileSync(join(folder, "main.tf.json"), JSON.stringify({ variable: { image } }));
  });

  const plan = (image: string) =>
    run("terraform", ["plan", "-no-color", "-input=false"], { cwd: folder, env: { TF_VAR_image: image } });
  const repository = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/cali-dev/consumer";

  it("is taken by its digest", async () => {
    const { code, stderr } = await plan(`${repository}@sha256:${"0a".repeat(32)}`);
    expect(code, stderr).toBe(0);
  });

  it.each([`${repository}:latest`, `${repository}:1.2.3@sha256:${"0a".repeat(32)}`, repository])(
    "is refused as %s",
    async (image) => {
      const { code, stderr } = await plan(image);
      expect(code).toBe(1);
      expect(stderr.replaceAll(/[\s│]+/g, " ")).toContain("a digest, not a tag");
    },
  );
});
