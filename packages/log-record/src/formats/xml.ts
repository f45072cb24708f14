import type { Level } from "../schema.ts";
import { readLevel } from "./levels.ts";
import { errorTypeOf } from "./stack.ts";
import { readTime } from "./time.ts";
import type { Draft, TextFormat } from "./types.ts";

/** 0 is what is always logged. https://learn.microsoft.com/en-us/windows/win32/wes/defining-severity-levels */
const WINDOWS_LEVELS: readonly Level[] = ["INFO", "FATAL", "ERROR", "WARN", "INFO", "DEBUG"];

/** An event of Windows as XML, as `wevtutil` and forwarders have it. */
export const windowsEvent: TextFormat = {
  name: "windows-event",
  read(head, below, context) {
    if (!head.startsWith("<Event ") || !head.includes("schemas.microsoft.com/win/")) return undefined;
    const xml = head + below;
    const level = WINDOWS_LEVELS[Number(element(xml, "Level") ?? 0)] ?? "INFO";
    const data = [
      ...xml.slice(0, LONGEST).matchAll(/<Data(?: Name=["'][^"']{0,100}["'])?>([^<]{1,4000})<\/Data>/g),
    ];
    const provider = attribute(xml, "Provider", "Name");
    const id = element(xml, "EventID");
    const said = element(xml, "Message") ?? data.map(([, one]) => unescaped(one ?? "")).join(" ");
    const isBad = level === "ERROR" || level === "FATAL";
    return drafted("windows-event", {
      level,
      time: readTime(attribute(xml, "TimeCreated", "SystemTime"), context),
      service: provider,
      podName: element(xml, "Computer"),
      message: said || `${provider ?? "event"} ${id ?? ""}`.trim(),
      errorCode: isBad ? id : undefined,
    });
  },
};

/** Layouts of log4j (`<Event …>`, `<log4j:event …>`) and of java.util.logging (`<record>`). */
export const xmlLog: TextFormat = {
  name: "xml",
  read(head, below, context) {
    const root = /^<((?:log4j:)?[Ee]vent|record)[ >]/.exec(head)?.[1];
    if (root === undefined) return undefined;
    const xml = head + below;
    const prefix = root.startsWith("log4j:") ? "log4j:" : "";
    const stack =
      element(xml, `${prefix}throwable`) ?? element(xml, "Thrown") ?? element(xml, "ExtendedStackTrace");
    return drafted("xml", {
      level: readLevel(attribute(xml, root, "level") ?? element(xml, "level")),
      time: readTime(
        attribute(xml, root, "timeMillis") ??
          attribute(xml, root, "timestamp") ??
          attribute(xml, "Instant", "epochSecond") ??
          element(xml, "millis") ??
          element(xml, "date"),
        context,
      ),
      message: element(xml, `${prefix}message`) ?? element(xml, "Message") ?? head,
      stack,
      errorType: stack === undefined ? undefined : errorTypeOf(stack.trimStart()),
    });
  },
};

/** As far as a log is looked through. */
const LONGEST = 60_000;

function drafted(
  format: string,
  { level, time, service, podName, message, stack, errorType, errorCode }: Partial<Draft>,
): Draft {
  return {
    format,
    message,
    ...(level !== undefined && { level, levelSource: "record" as const }),
    ...(time !== undefined && { time }),
    ...(service !== undefined && { service }),
    ...(podName !== undefined && { podName }),
    ...(stack !== undefined && { stack }),
    ...(errorType !== undefined && { errorType }),
    ...(errorCode !== undefined && { errorCode }),
  };
}

/** What the first element of a name holds as text. */
function element(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}`);
  if (start === -1) return undefined;
  const open = xml.indexOf(">", start);
  const end = xml.indexOf(`</${name}>`, open);
  if (open === -1 || end === -1 || xml[open - 1] === "/") return undefined;
  const next = xml[start + name.length + 1];
  return next === ">" || next === " "
    ? unescaped(xml.slice(open + 1, end).slice(0, LONGEST)).trim()
    : undefined;
}

/** An attribute of the first element of a name. */
function attribute(xml: string, name: string, key: string): string | undefined {
  const start = xml.indexOf(`<${name} `);
  if (start === -1) return undefined;
  const tag = xml.slice(start, start + 4000);
  const found = new RegExp(`\\s${key}=(?:"([^"<]{0,500})"|'([^'<]{0,500})')`).exec(
    tag.slice(0, tag.indexOf(">") + 1),
  );
  const value = found?.[1] ?? found?.[2];
  return value === undefined ? undefined : unescaped(value);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, "$1")
    .replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => ENTITIES[name] as string);
}
