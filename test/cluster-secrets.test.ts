import { describe, expect, it } from "vitest";
import { tierOf } from "../stacks/registry.ts";
import { type JsonObject, type StackJson, synthesizeEnvironment } from "./support/synth.ts";

/** What Terraform writes down of a stack: its state and its plans have all of it but `data_wo`. */
describe.each(["dev", "prod"])("secrets of the cluster's stacks in %s", (env) => {
  const stacks = Object.entries(synthesizeEnvironment(env).stacks).filter(
    ([name]) => tierOf(name) === "cluster",
  );
  const secretsOf = ({ resource }: StackJson) => Object.values(resource?.kubernetes_secret_v1 ?? {});
  const variablesIn = (value: unknown) =>
    new Set([...JSON.stringify(value).matchAll(/var\.(\w+)/g)].map(([, name]) => name as string));
  const isSecret = (stack: StackJson, name: string) => stack.variable?.[name]?.sensitive === true;

  it("are there", () => {
    const count = stacks.flatMap(([, stack]) =>
      Object.values(stack.variable ?? {}).filter((v) => v.sensitive),
    );
    expect(count.length).toBeGreaterThanOrEqual(10);
  });

  it.each(stacks)(
    "%s: variables are sensitive, ephemeral, never null, and have no default but nothing",
    (_, stack) => {
      for (const secret of secretsOf(stack)) {
        for (const name of variablesIn(secret.data_wo)) {
          const variable = stack.variable?.[name] as JsonObject;
          expect(variable, name).toMatchObject({ sensitive: true, ephemeral: true, nullable: false });
          expect([undefined, ""], name).toContain(variable.default);
        }
      }
    },
  );

  it.each(stacks)("%s: reach nothing but data_wo", (_, stack) => {
    const rest = structuredClone({ ...stack, variable: {} }) as StackJson;
    for (const secret of secretsOf(rest)) {
      delete secret.data_wo;
      expect(secret.data ?? secret.string_data).toBeUndefined();
    }
    expect([...variablesIn(rest)].filter((name) => isSecret(stack, name))).toEqual([]);
  });

  it.each(stacks)("%s: a message of a validation has no value in it", (_, stack) => {
    for (const [name, { validation = [] }] of Object.entries(stack.variable ?? {})) {
      for (const { error_message } of validation as JsonObject[]) {
        expect(error_message, name).toMatch(new RegExp(`^${name} must `));
        expect(error_message, name).not.toContain("var.");
      }
    }
  });
});
