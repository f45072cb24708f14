import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import oniguruma, { type OnigScanner, type Syntax } from "vscode-oniguruma";

/** Values of the `Syntax` and `FindOption` enums, which the package declares for its types only. */
const RUBY = 10 as Syntax;

await oniguruma.loadWASM({
  data: readFileSync(createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm")),
});

/** A regular expression as Fluent Bit understands it: Oniguruma with Ruby's syntax, the expression between slashes or bare. */
export class OnigRegex {
  readonly #scanner: OnigScanner;
  /** Ruby numbers only the named groups when there are some. */
  readonly #names: readonly string[];

  constructor(expression: string) {
    const pattern = /^\/(?<inner>.*)\/$/s.exec(expression)?.groups?.inner ?? expression;
    this.#scanner = new oniguruma.OnigScanner([pattern], { syntax: RUBY });
    this.#names = [...pattern.matchAll(/\(\?<(?<name>[A-Za-z_]\w*)>/g)].map(({ groups }) =>
      String(groups?.name),
    );
  }

  matches(text: string): boolean {
    return this.#scanner.findNextMatchSync(text, 0) !== null;
  }

  /** The named groups in the order of the pattern; those that took no part are empty. Nothing: no match. */
  groups(text: string): Record<string, string> | undefined {
    const match = this.#scanner.findNextMatchSync(text, 0);
    if (match === null) return undefined;
    return Object.fromEntries(
      this.#names.map((name, index) => {
        const { start, end } = match.captureIndices[index + 1] ?? { start: 0, end: 0 };
        return [name, text.slice(start, end)];
      }),
    );
  }
}
