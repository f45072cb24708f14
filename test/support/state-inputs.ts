import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";

/** The inputs that a stack's state has, by resource. */
export async function inputsIn(
  s3: S3Client,
  Bucket: string,
  stack: string,
): Promise<Record<string, unknown>> {
  const Key = `stacks/${stack}/terraform.tfstate`;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const state = JSON.parse((await Body?.transformToString()) ?? "{}");
  return Object.fromEntries(
    state.resources.map(
      (one: { name: string; instances: { attributes: { input: { value: unknown } } }[] }) => [
        one.name,
        one.instances[0]?.attributes.input.value,
      ],
    ),
  );
}
