import { keysOf, loadSettings, parseSettings, type SettingsForm } from "@cali/settings";
import { type ConsumerConfig, configSchema, SECRET_KEYS } from "./schema.ts";

export { type ConsumerConfig, type ConsumerConfigInput, secretsOf } from "./schema.ts";

const FORM: SettingsForm<typeof configSchema> = {
  schema: configSchema,
  prefix: "CALI",
  secrets: SECRET_KEYS,
  fallbacks: {
    CALI_REGION: "AWS_REGION",
    CALI_LLM_API_KEY: "OPENAI_API_KEY",
    CALI_LLM_BASE_URL: "OPENAI_BASE_URL",
  },
};

/**
 * Reads the YAML file (if one is given) and the environment, which goes before it.
 * @throws ConfigError with every problem at once: where, given, allowed
 */
export function loadConfig(file: string | undefined, env: NodeJS.ProcessEnv = process.env): ConsumerConfig {
  return loadSettings(FORM, file, env);
}

/** Checks a configuration that a program made. @throws ConfigError */
export function parseConfig(input: unknown): ConsumerConfig {
  return parseSettings(configSchema, { value: input ?? {} }, SECRET_KEYS);
}

/** Every key that the environment can say, with its variable and what it means. */
export const configKeys = () => keysOf(FORM);
