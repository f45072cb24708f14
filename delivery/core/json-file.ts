/** The text of a file, UTF-8 or what `>` writes in Windows PowerShell, without the mark of the byte order that some shells write. */
export function textOf(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes);
}

/**
 * The JSON object that Terraform printed, in one line or several: setup-terraform's wrapper writes the command before what it says, and its
 * code after it.
 */
export function jsonOf(text: string): string {
  if (!text.startsWith("[command]")) return text;
  return /^\{.*\}\r?$/m.exec(text)?.[0] ?? /^\{[\s\S]*?^\}/m.exec(text)?.[0] ?? "";
}
