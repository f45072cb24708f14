export { type Checked, check, parseSettings, type Source } from "./check.ts";
export { keysOf, loadSettings, type SettingsForm } from "./environment.ts";
export { ConfigError, type ConfigProblem, problemText } from "./errors.ts";
export { didYouMean, knownName } from "./nearest.ts";
export { kindInPlainWords } from "./plain-words.ts";
export { keysAt } from "./schema.ts";
export { secureUrl } from "./secure-url.ts";
export { shown } from "./shown.ts";
export { parseYaml, readYaml, type YamlFile } from "./yaml.ts";
