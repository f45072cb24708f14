/** Escape sequences of terminals: colours, cursor, titles and links. */
const ANSI =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b(?:\[[0-9;:?<=>]{0,40}[ -/]{0,4}[@-~]|\][^\u0007\u001b]{0,2000}(?:\u0007|\u001b\\)|[@-Z\\^_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000e-\u001f\u007f\ufeff]+/g;

/** Without colours and other control characters, with LF for line ends and none at the end. */
export function clean(text: string): string {
  let result = text;
  if (result.includes("\u001b")) result = result.replace(ANSI, "");
  // syslog daemons write the escape as its octal number.
  if (result.includes("#033[")) result = result.replace(/#033\[[0-9;]{0,40}[A-Za-z]/g, "");
  if (result.includes("\r")) result = result.replace(/\r\n?/g, "\n");
  result = result.replace(CONTROL, "");
  let end = result.length;
  while (end > 0 && (result.charCodeAt(end - 1) === 0x0a || result.charCodeAt(end - 1) === 0x20)) end -= 1;
  return end === result.length ? result : result.slice(0, end);
}
