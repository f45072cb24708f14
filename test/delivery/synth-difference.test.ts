import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare } from "../../delivery/commands/synth-difference/compare.ts";
import { documentsOf } from "../../delivery/commands/synth-difference/documents.ts";
import { renderMarkdown, renderText } from "../../delivery/commands/synth-difference/render.ts";
import type { Stack } from "../../delivery/core/application/synthesis.ts";

const stack = (blocks: Stack) => new Map([["01-kinesis", blocks]]);
const stream = (over: Record<string, unknown>) =>
  stack({ resource: { aws_kinesis_stream: { logs: { name: "logs", ...over } } } } as Stack);
const differences = (base: Stack, head: Stack) => compare(documentsOf(stack(base)), documentsOf(stack(head)));

describe("documentsOf", () => {
  it("names resources by type and name, and all else by its block", () => {
    const blocks: Stack = {
      "//": { metadata: {} },
      terraform: { backend: { s3: {} } },
      resource: { aws_kinesis_stream: { logs: {} } },
      data: { aws_vpc: { default: {} } },
      output: { stream: { value: "x" } },
      provider: { aws: [{}] },
    };
    expect(documentsOf(stack(blocks)).map(({ name }) => name)).toEqual([
      "terraform.backend",
      "aws_kinesis_stream.logs",
      "data.aws_vpc.default",
      "output.stream",
      "provider.aws",
    ]);
  });

  it("leaves comments out, sorts keys, and unfolds JSON documents", () => {
    const [one] = documentsOf(
      stream({ "//": { metadata: { path: "x" } }, b: 1, a: '{"z":[1],"y":{"x":2}}' }),
    );
    expect(one?.text).toBe("a:\n  y:\n    x: 2\n  z:\n    - 1\nb: 1\nname: logs\n");
  });

  it("keeps a text that only looks like JSON", () => {
    const [one] = documentsOf(stream({ a: "{not json" }));
    expect(one?.text).toContain('a: "{not json"');
  });
});

describe("compare", () => {
  it("says what was added, removed and changed, and nothing of what is the same", () => {
    const base: Stack = { output: { gone: { value: 1 }, same: { value: 2 }, other: { value: 3 } } };
    const head: Stack = { output: { same: { value: 2 }, other: { value: 4 }, made: { value: 5 } } };
    expect(differences(base, head).map(({ name, kind }) => [name, kind])).toEqual([
      ["output.gone", "removed"],
      ["output.made", "added"],
      ["output.other", "changed"],
    ]);
    expect(differences(base, head)[2]?.patch).toBe("@@ -1,1 +1,1 @@\n-value: 3\n+value: 4\n");
  });

  it("finds nothing between the same, whatever the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(differences({ output: { a: value } } as Stack, { output: { a: reversed } } as Stack)).toEqual(
          [],
        );
      }),
    );
  });
});

describe("renderMarkdown", () => {
  it("says when there is none", () => {
    expect(renderText([])).toBe("No difference.");
    expect(renderMarkdown("Stacks", [])).toBe("### Stacks\n\nNo difference.\n");
  });

  it("keeps every name and text inside its one fence", () => {
    const hostile = fc.stringMatching(/^[`~\n<>@a-z! -]{0,40}$/);
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, old, now) => {
        const markdown = renderMarkdown("Stacks", [
          { stack: "s", name, kind: "changed", patch: `@@\n-${old}\n+${now}\n` },
        ]);
        const lines = markdown.split("\n");
        const fence = lines[2]?.replace("diff", "") ?? "";
        expect(fence).toMatch(/^`{3,}$/);
        // CommonMark: a fence ends at a line of at least as many backticks, indented by up to three spaces.
        const ends = lines.flatMap((line, place) =>
          /^ {0,3}`+\s*$/.test(line) && line.trim().length >= fence.length ? [place] : [],
        );
        expect(ends).toEqual([lines.length - 2]);
      }),
    );
  });

  it("is cut to what a job summary takes", () => {
    const patch = "x".repeat(2_000_000);
    const markdown = renderMarkdown("Stacks", [{ stack: "s", name: "n", kind: "added", patch }]);
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    expect(markdown).toMatch(/… \d+ more characters\n```\n$/);
  });
});
