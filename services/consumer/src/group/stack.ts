/** What a stack trace says of an error, whatever line it was thrown at. */
export interface Stack {
  /** Types of the exception and of its causes, the one that was logged first. At most five. */
  readonly exceptions: readonly string[];
  /** Frames of the application's own code, the innermost first. At most five. */
  readonly ownFrames: readonly string[];
}

const NO_STACK: Stack = { exceptions: [], ownFrames: [] };
const MOST = 5;
const MOST_LINES = 300;
const LONGEST_LINE = 500;

/** A type by its name: `java.sql.SQLException`, `TypeError`, `System.IO.IOException`, `ActiveRecord::RecordNotFound` has none of these ends. */
const TYPE =
  "(?:[A-Za-z_$][\\w$]{0,80}(?:\\.|::)){0,12}(?:[A-Z][\\w$]{0,80}(?:Exception|Error|Failure|Fault|Throwable|Interrupt|Exit)|(?:Base)?ExceptionGroup)\\b";
/** Where a line of a trace names the exception. */
const NAMED = new RegExp(
  `^\\s*(?:Caused by: |Suppressed: |Exception in thread "[^"]{0,100}" |\\[cause\\]: |(?:Uncaught|Unhandled) )?(?:--->\\s*)?(${TYPE})(?=\\s*(?:[:({]|$))`,
);
/** The type in a message. */
const IN_MESSAGE = new RegExp(`(?<![\\w$.])${TYPE}`);
const CHAINED = new RegExp(`(?:---> |nested exception is )(${TYPE})`, "g");
/** Ruby puts it at the end of the first line. */
const AT_THE_END = new RegExp(`\\((${TYPE})\\)$`);

interface FrameForm {
  readonly pattern: RegExp;
  /** Frames of the language, its libraries and servers. */
  readonly foreign: RegExp;
  /** Whether the innermost frame comes last. */
  readonly innermostLast?: boolean;
}

/** How the languages write a frame; the groups `in` and `at` are what it is known by. */
const FORMS: readonly FrameForm[] = [
  {
    // Python: `  File "/app/orders.py", line 12, in place`
    pattern: /^\s+File "(?<at>[^"]+)", line \d+(?:, in (?<in>.+))?$/,
    foreign: /site-packages|dist-packages|\/lib\/python|^<|\/importlib\//,
    innermostLast: true,
  },
  {
    // JavaScript: `    at place (/app/src/orders.js:12:5)`, `    at /app/src/orders.js:12:5`
    pattern:
      /^\s+at (?:(?:async )?(?<in>[^()]+?) \()?(?<at>(?:file:\/\/|node:|webpack:|[A-Za-z]:\\|\/|\.{1,2}\/|internal\/)[^()]*?):\d+(?::\d+)?\)?$/,
    foreign: /node_modules|node:|^internal\//,
  },
  {
    // Java, Kotlin, Scala: `\tat com.acme.Orders.place(Orders.java:12)`
    pattern:
      /^\s+at (?:[\w.@-]+\/{1,2})*(?<in>[\w$.<>-]+)\((?:[\w$-]+\.\w+(?::\d+)?|Native Method|Unknown Source)\)/,
    foreign:
      /^(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|clojure|android|androidx|io\.netty|reactor|rx|io\.reactivex|io\.grpc|io\.vertx|io\.micrometer|io\.opentelemetry|org\.(?:springframework|apache|hibernate|eclipse|jboss|wildfly|postgresql|mariadb|h2|slf4j|junit|codehaus|aspectj|quartz|redisson|mongodb|elasticsearch|jooq|flywaydb|glassfish)|com\.(?:fasterxml|google|mysql|zaxxer|mongodb|amazonaws|microsoft|oracle|rabbitmq|squareup|datastax|netflix|codahale|ibm)|redis|okhttp\d?|retrofit\d?|software\.amazon|net\.bytebuddy|ch\.qos)\./,
  },
  {
    // .NET: `   at Acme.Orders.Place(String id) in /src/Orders.cs:line 12`
    pattern: /^\s+at (?<in>[\w.<>`+[\],|]+)\([^)]*\)(?: in .+)?$/,
    foreign:
      /^(?:System|Microsoft|Npgsql|Newtonsoft|MySql|StackExchange|Grpc|Serilog|NLog|MediatR|Polly|Azure|Amazon|MassTransit|Dapper)\./,
  },
  {
    // Go: `main.(*Server).place(0xc000…)`, and on the next line `\t/app/orders.go:12 +0x1f`
    pattern: /^(?<in>(?:[\w.~-]+\/)*[\w-]+\.[\w.()*[\]…-]+)\((?:0x[\da-f]|[{}.,? ]|\.\.\.|_|\))[^)]*\)?$/,
    foreign:
      /^(?:runtime|net|syscall|internal|testing|reflect|sync|os|io|encoding|database|context|golang\.org|google\.golang\.org)[./]|^panic\b/,
  },
  {
    // Ruby: `app/orders.rb:12:in 'place'`
    pattern: /^\s*(?:from )?(?<at>[^\s:]+\.rb):\d+:in [`'](?<in>[^']+)'/,
    foreign: /\/gems\/|\/ruby\/\d|^<internal/,
  },
  {
    // PHP: `#0 /app/src/Orders.php(12): Acme\Orders->place()`
    pattern: /^#\d+ (?<at>[^\s(]+\.php)\(\d+\): (?<in>[^(]+)/,
    foreign: /\/vendor\//,
  },
  {
    // Rust: `   4: orders::place`
    pattern: /^\s+\d+:\s+(?:0x[\da-f]+ - )?(?<in>[\w<>]+(?:::[\w<>{}]+)+)$/,
    foreign:
      /^<?(?:std|core|alloc|tokio|hyper|axum|tower|actix_\w+|futures\w*|rust_\w+|__rust\w*|backtrace|panic\w*)::/,
  },
];

/** What Python draws before the lines of an exception group, and between its exceptions: `  | `, `  +-+---------------- 1 ----------------`. */
const GUTTER = /^ {2,40}(?:[|+] |\+[-+]{8,}(?: (?:\d+|\.{3}) -+)?$)/;
/** The line as it would be without an exception group around it. */
export const withoutGutter = (line: string): string => line.replace(GUTTER, "");

/** Reads the stack trace below a message; a text without one has none. */
export function stackOf(content: string): Stack {
  const lineEnd = content.indexOf("\n");
  if (lineEnd === -1) return NO_STACK;
  const exceptions = new Set<string>();
  const frames: string[] = [];
  let innermostLast = false;
  for (const whole of content.slice(0, MOST_LINES * LONGEST_LINE).split("\n", MOST_LINES)) {
    const line = withoutGutter(whole.slice(0, LONGEST_LINE).trimEnd());
    const frame = frameOf(line);
    if (frame?.own !== undefined) frames.push(frame.own);
    innermostLast ||= frame?.innermostLast === true;
    for (const type of typesIn(line)) exceptions.add(type);
  }
  const own = innermostLast ? frames.reverse() : frames;
  return { exceptions: [...exceptions].slice(0, MOST), ownFrames: [...new Set(own)].slice(0, MOST) };
}

/** The first type of an exception that a message names. */
export function exceptionIn(message: string): string | undefined {
  return IN_MESSAGE.exec(message.slice(0, LONGEST_LINE))?.[0];
}

function typesIn(line: string): string[] {
  const named = NAMED.exec(line)?.[1] ?? AT_THE_END.exec(line)?.[1];
  return [
    ...(named === undefined ? [] : [named]),
    ...[...line.matchAll(CHAINED)].map((found) => found[1] as string),
  ];
}

function frameOf(line: string): { own: string | undefined; innermostLast: boolean } | undefined {
  for (const { pattern, foreign, innermostLast = false } of FORMS) {
    const groups = pattern.exec(line)?.groups;
    if (!groups) continue;
    const names = [groups.at, groups.in].filter((name) => name !== undefined);
    const isOwn = !names.some((name) => foreign.test(name));
    return { own: isOwn ? names.map(lasting).join(" ") : undefined, innermostLast };
  }
  return undefined;
}

/** Numbers in a frame's names are of what the compiler made, or of a build. */
const lasting = (name: string) => name.replaceAll(/\$\$Lambda.*|0x[\da-f]+|\d+/g, "");
