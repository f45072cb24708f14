import { registerHooks } from "node:module";

/**
 * Loads `cdktn` wherever `cdktf` is imported, the providers' bindings included: the same source is synthesized by CDKTF's
 * community successor, into `cdktn.out` unless `CDKTF_OUTDIR` names another folder. Usage: `node --import ./scripts/use-cdktn.ts main.ts`.
 * Needs Node.js 22.15 or newer.
 */
process.env.CDKTF_OUTDIR ||= "cdktn.out";
registerHooks({
  resolve(specifier, context, next) {
    return next(specifier.replace(/^cdktf(?=$|\/)/, "cdktn"), context);
  },
});
