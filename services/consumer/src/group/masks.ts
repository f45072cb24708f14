/** One kind of variable text in log lines, and what stands for it in a template. */
export interface Mask {
  readonly name: string;
  /** What stands for it. */
  readonly placeholder: string;
  /** Regular expression without capturing groups, understood alike by JavaScript and Python. It spans no white space. */
  readonly pattern: string;
  readonly doc: string;
}

/** Not preceded, not followed by a letter or digit: a mask covers a whole word or number. */
const BEGIN = "(?<![A-Za-z0-9])";
const END = "(?![A-Za-z0-9])";
const OCTET = "\\d{1,3}";
const GROUP = "[0-9a-fA-F]{1,4}";

/** In order: of two masks that begin at the same place, the first one counts. */
export const MASKS: readonly Mask[] = [
  {
    name: "url",
    placeholder: "<URL>",
    pattern: `${BEGIN}[a-z][a-z0-9+.-]{1,20}://[^\\s"'<>()\\[\\]{},;]+`,
    doc: "An address with its scheme: https://…, jdbc:… has none and is not one.",
  },
  {
    name: "email",
    placeholder: "<EMAIL>",
    pattern: `${BEGIN}[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,8}`,
    doc: "An e-mail address.",
  },
  {
    name: "time",
    placeholder: "<TIME>",
    pattern: `${BEGIN}\\d{4}[-/]\\d{2}[-/]\\d{2}(?:T\\d{2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?(?:Z|[+-]\\d{2}:?\\d{2})?)?${END}|${BEGIN}\\d{1,2}:\\d{2}:\\d{2}(?:[.,]\\d{1,9})?${END}`,
    doc: "A date, a time of day, or both as ISO 8601 writes them.",
  },
  {
    name: "uuid",
    placeholder: "<UUID>",
    pattern: `${BEGIN}[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}${END}`,
    doc: "A UUID.",
  },
  {
    name: "ipv6",
    placeholder: "<IP>",
    pattern: `(?<![A-Za-z0-9:])(?:(?:${GROUP}:){7}${GROUP}|(?:${GROUP}:){1,6}(?::${GROUP}){1,6}|::(?:${GROUP}:){0,6}${GROUP})(?![A-Za-z0-9:])`,
    doc: "An IPv6 address.",
  },
  {
    name: "ipv4",
    placeholder: "<IP>",
    pattern: `${BEGIN}${OCTET}(?:\\.${OCTET}){3}(?::\\d{1,5})?(?![A-Za-z0-9.])`,
    doc: "An IPv4 address, its port included.",
  },
  {
    name: "path",
    placeholder: "<PATH>",
    pattern: `(?<![A-Za-z0-9_./:-])(?:[A-Za-z]:\\\\|~?/)(?:[\\w.@%+~$-]+[/\\\\])*[\\w.@%+~$-]+`,
    doc: "A path of a file or of a request, from its root.",
  },
  {
    name: "hex",
    placeholder: "<HEX>",
    pattern: `${BEGIN}0x[0-9a-fA-F]+${END}|${BEGIN}(?=[a-fA-F]*\\d)(?=\\d*[a-fA-F])[0-9a-fA-F]{8,}${END}`,
    doc: "A hexadecimal number: 0x…, or eight digits and more, letters among them.",
  },
  {
    name: "id",
    placeholder: "<ID>",
    pattern: `${BEGIN}(?=[A-Za-z]*\\d)(?=\\d*[A-Za-z])[A-Za-z0-9]{12,}${END}`,
    doc: "A random id: twelve letters and digits and more, mixed.",
  },
  {
    name: "number",
    placeholder: "<NUM>",
    pattern: `${BEGIN}\\d+(?:[.,]\\d+)*(?:[kKMGT]i?[Bb]|[num]?s|%|[hdmBx])?${END}`,
    doc: "A number, its decimals and its unit of time, size or share included.",
  },
];
