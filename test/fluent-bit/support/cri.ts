/** Where containerd cuts a line, bytes (`max_container_log_line_size`). */
const LONGEST = 16_384;

/**
 * How the container runtime writes a container's output (CRI): `time stream F text`; a line that is too long in parts, all
 * but the last of them with `P`.
 */
export function* criLines(
  text: string,
  time: string,
  stream: "stdout" | "stderr" = "stdout",
): Generator<string> {
  for (const line of text.split("\n")) {
    const parts = cut(line);
    for (const [index, part] of parts.entries()) {
      yield `${time} ${stream} ${index === parts.length - 1 ? "F" : "P"} ${part}`;
    }
  }
}

function cut(line: string): string[] {
  // No character has more than 3 bytes for each of its UTF-16 code units.
  if (line.length * 3 <= LONGEST) return [line];
  const bytes = Buffer.from(line);
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    let end = Math.min(bytes.length, start + LONGEST);
    // The runtime cuts anywhere, and Fluent Bit joins bytes; text here must be cut between characters.
    while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
    parts.push(bytes.subarray(start, end).toString("utf8"));
    start = end;
  }
  return parts;
}
