import Module, { createRequire } from "node:module";

/**
 * cdktf requires archiver, two hundred files and a fifteenth of the synthesis, and calls it in no process but one that it starts for an
 * asset: here it stands for nothing. This has to be imported before cdktf.
 */
const require = createRequire(createRequire(import.meta.url).resolve("cdktf"));
const archiver = require.resolve("archiver");
require.cache[archiver] ??= Object.assign(new Module(archiver), { loaded: true });
