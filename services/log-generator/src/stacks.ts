import { EXCEPTIONS, type Exception, OWN_CODE } from "./catalogue/exceptions.ts";
import type { Language } from "./catalogue/services.ts";
import type { StackKind } from "./catalogue/template.ts";
import type { Random } from "./random.ts";

interface Trace {
  exception: Exception;
  service: string;
  message: string;
  random: Random;
}

/** The lines of a stack trace as the language prints it. */
export function stackTrace(
  language: Language,
  kind: StackKind,
  service: string,
  message: string,
  random: Random,
): string[] {
  const trace: Trace = { exception: EXCEPTIONS[language][kind], service, message, random };
  return SHAPES[language](trace);
}

const SHAPES: Record<Language, (trace: Trace) => string[]> = { java, node, python, go };

function java({ exception, service, message, random }: Trace): string[] {
  const own = (): string => {
    const name = className(service, random);
    const method = random.pick(OWN_CODE.methods);
    return `\tat com.shop.${service}.${name}.${method}(${name}.java:${random.between(20, 480)})`;
  };
  const lines = [
    `${exception.type}: ${message}`,
    ...exception.frames.map((frame) => `\tat ${numbered(frame, random)}`),
    ...repeat(random.between(3, 8), own),
    "\tat java.base/java.lang.Thread.run(Thread.java:1583)",
  ];
  if (exception.cause !== undefined) {
    lines.push(`Caused by: ${exception.cause}`, own(), own(), `\t... ${random.between(6, 40)} more`);
  }
  return lines;
}

function node({ exception, service, message, random }: Trace): string[] {
  const own = (): string =>
    `    at async ${className(service, random)}.${random.pick(OWN_CODE.methods)} ` +
    `(/app/src/${service}/${random.pick(OWN_CODE.classes).toLowerCase()}.js:${random.between(8, 320)}:${random.between(3, 60)})`;
  const lines = [
    `${exception.type}: ${message}`,
    ...exception.frames.map((frame) => `    at ${numbered(frame, random)}`),
    ...repeat(random.between(2, 6), own),
  ];
  if (exception.cause !== undefined) lines.push(`  [cause]: ${exception.cause}`, own());
  return lines;
}

function python({ exception, service, message, random }: Trace): string[] {
  const own = (): string[] => {
    const method = random.pick(OWN_CODE.methods);
    const module = random.pick(OWN_CODE.classes).toLowerCase();
    return [
      `  File "/app/${service}/${module}.py", line ${random.between(8, 410)}, in ${method}`,
      `    result = self.${random.pick(OWN_CODE.methods)}(request)`,
    ];
  };
  return [
    "Traceback (most recent call last):",
    ...repeat(random.between(2, 5), own).flat(),
    ...exception.frames.flatMap((frame) => {
      const [file, method, code] = frame.split("|");
      return [
        `  File "/usr/lib/python3.12/site-packages/${file}", line ${random.between(30, 900)}, in ${method}`,
        `    ${code}`,
      ];
    }),
    `${exception.type}: ${message}`,
  ];
}

function go({ exception, service, message, random }: Trace): string[] {
  const own = (): string[] => [
    `shop.example/${service}/internal.(*${className(service, random)}).${random.pick(OWN_CODE.methods)}(0xc${random.hex(9)}, {0x${random.hex(6)}, 0x${random.hex(2)}})`,
    `\t/src/${service}/internal/${random.pick(OWN_CODE.classes).toLowerCase()}.go:${random.between(12, 380)} +0x${random.hex(3)}`,
  ];
  return [
    `Caused by: ${exception.type}: ${message}`,
    `goroutine ${random.between(1, 90_000)} [running]:`,
    ...exception.frames.flatMap((frame) => {
      const [call, file] = frame.split("|");
      return [`${call}(...)`, `\t${file}:${random.between(60, 1_900)} +0x${random.hex(3)}`];
    }),
    ...repeat(random.between(2, 5), own).flat(),
  ];
}

function className(service: string, random: Random): string {
  return `${service.charAt(0).toUpperCase()}${service.slice(1)}${random.pick(OWN_CODE.classes)}`;
}

function numbered(frame: string, random: Random): string {
  return frame.replace("#", String(random.between(60, 900)));
}

function repeat<T>(times: number, make: () => T): T[] {
  return Array.from({ length: times }, make);
}
