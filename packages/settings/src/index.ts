export { type Checked, check, parseSettings, type Source } from "./check.ts";
export { keysOf, loadSettings, type SettingsForm } from "./environment.ts";
export { ConfigError, type ConfigProblem, problemText } from "./errors.ts";
export { keysAt } from "./schema.ts";
export { secureUrl } from "./secure-url.ts";
export { shown } from "./shown.ts";
export { parseYaml, readYaml, type YamlFile } from "./yaml.ts";
