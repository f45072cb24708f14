import fc from "fast-check";

/** Texts that would do something if they got into Markdown, HTML or a Slack message as they are. */
const KNOWN = [
  "```\n</details>\n\n# owned",
  "````````\n",
  "x\n```\n# owned\n```\n",
  "~~~\n# owned",
  "`",
  " `` ",
  "\\`",
  "\\|",
  "|",
  "| a | b |\n| - | - |",
  "@octocat",
  "@github/security",
  "#1",
  "GH-1",
  "https://evil.example",
  "www.evil.example",
  "a@evil.example",
  "[x](https://evil.example)",
  "![x](https://evil.example/x.png)",
  "<img src=x onerror=alert(1)>",
  "</code></summary></details><script>alert(1)</script>",
  "<!-- cali:plan env=dev -->",
  "-->",
  "&lt;b&gt;&#64;octocat",
  "*bold* _it_ ~~gone~~",
  "\r\n\r\n# heading\r\n",
  "\n- list\n1. list\n> quote\n",
  "    code",
  ":tada: $x$ ${{ secrets.TOKEN }}",
  "\u202Edlrow\u202C",
  "\u2028# owned",
  "\u0000\u001b[31m",
  "\ud800",
  "<@U123> <!channel> <https://evil.example|click>",
  "__proto__",
  "constructor",
  " leading and trailing ",
  "   ",
  '{"a": "```\\n@octocat"}',
  "[]",
];

/** A text that nobody wishes for. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...KNOWN) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 30 }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom("`", "\n", "<", ">", "@", "|", "\\", "#", "[", "](", " ", "*", "a"), {
        minLength: 1,
        maxLength: 20,
      })
      .map((parts) => parts.join("")),
  },
);

/** The n-th of these, unlike all others. */
export const nth = (texts: readonly string[]) => (n: number) => `${n}${texts[n % texts.length]}${n}`;
/** The same for a text that does no harm. */
export const plain = (n: number) => `${n}plain${n}`;
export const hostileTexts = fc.array(hostileText, { minLength: 1, maxLength: 40 });
