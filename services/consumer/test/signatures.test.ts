import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seed } from "../src/cause/knowledge/seed.ts";
import { messageOf } from "../src/cause/signature/event-text.ts";
import { Signatures } from "../src/cause/signature/signatures.ts";
import { wordsOf } from "../src/cause/signature/words.ts";

const SIGNATURES = new Signatures(seed().map((known) => ({ ...known, of: known })));
const KNOWN = new Map(seed().map((known) => [known.name, known]));
/** The known error that a text is, nothing speaking against it. */
const found = (text: string) => SIGNATURES.find(text).find(({ against }) => against === undefined);
const nameOf = (text: string) => found(text)?.of.name;

/** Of one's own patterns, and of what it is a case of. */
const isKin = (name: string | undefined, of: string) =>
  name === of || KNOWN.get(name ?? "")?.broader === of || KNOWN.get(of)?.broader === name;

const PATTERNS = seed().flatMap(({ name, patterns }) => patterns.map((pattern) => ({ name, pattern })));
const VALUES = fc.constantFrom("orders", "10.1.2.3:8443", "7f3a9c", "a.b-c_d", "42", "/var/lib/data/x1");
const PREFIXES = fc.constantFrom(
  "",
  "2026-01-25 09:00:00.123 UTC [4711] ERROR ",
  "[main] ERROR com.example.Orders - ",
  "com.example.OrdersException: ",
  "panic: ",
  "error: order 17 was not stored: ",
);
const lineOf = (pattern: string, values: readonly string[]) => {
  let place = 0;
  return pattern.replaceAll("**", "").replaceAll(/<[^<>]+>/g, () => values[place++ % values.length] ?? "x");
};

describe("a pattern", () => {
  it("is hit by what it says, but for the few that another error says as well", () => {
    const missed = PATTERNS.filter(({ name, pattern }) => !isKin(nameOf(lineOf(pattern, ["orders"])), name));
    expect(missed.length, JSON.stringify(missed)).toBeLessThan(PATTERNS.length / 100);
  });

  it("is hit with other values, in another case, behind a driver's prefix, and wrapped", () => {
    const mutation = fc.record({
      of: fc.constantFrom(...PATTERNS),
      values: fc.array(VALUES, { minLength: 1, maxLength: 5 }),
      prefix: PREFIXES,
      spell: fc.constantFrom<(text: string) => string>(
        (text) => text,
        (text) => text.toUpperCase(),
        (text) => text.toLowerCase(),
      ),
      wrapAt: fc.nat(),
    });
    fc.assert(
      fc.property(mutation, ({ of: { name, pattern }, values, prefix, spell, wrapAt }) => {
        // Some values make two errors' patterns the same.
        fc.pre(isKin(nameOf(lineOf(pattern, values)), name));
        const words = spell(lineOf(pattern, values)).split(" ");
        let at = wrapAt % words.length;
        // What begins with "at" below another line is a frame.
        if (/^at$/i.test(words[at] ?? "")) at += 1;
        const line = [words.slice(0, at).join(" "), words.slice(at).join(" ")].filter(Boolean).join("\n  ");
        const hit = nameOf(prefix + line);
        expect(isKin(hit, name), `${name} by ${JSON.stringify(prefix + line)}, not ${hit}`).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("is not hit by its negation, nor with another word in its place, but for a few", () => {
    const changed = PATTERNS.flatMap(({ pattern }) => {
      const words = pattern.replaceAll("**", "").split(" ");
      const places = [...words.keys()].filter((at) => isDecisive(words, at));
      return places.flatMap((at) =>
        [words.toSpliced(at, 0, "not"), words.with(at, "umbrella")].map((some) => ({
          pattern,
          text: some.join(" "),
        })),
      );
    });
    const hit = changed.filter(({ pattern, text }) => found(text)?.pattern === pattern);
    expect(hit.length, JSON.stringify(hit)).toBeLessThan(changed.length / 1_000);
  });
});

describe("a code", () => {
  const NAMES = new Set(seed().flatMap(({ names }) => names ?? []));
  const CODES = [
    ...new Set(
      seed().flatMap(({ patterns, codes = [] }) => [
        ...codes,
        ...patterns.flatMap(
          (pattern) => pattern.match(/\b(?:\d{3,5}|[A-Z]{2,4}-?\d{3,6}|\d[\dA-Z]{4})\b/g) ?? [],
        ),
      ]),
    ),
    // With its vendor's prefix a code is a name: `ORA-12541`.
  ].filter((code) => /\d/.test(code) && !NAMES.has(code));
  const SAYS = [
    (code: string) => `locker ${code} does not open`,
    (code: string) => `ERROR ${code}: spindle of mill 3 is not ready`,
    (code: string) => `invoice ${code} was rejected by the tax office (code ${code})`,
    (code: string) => `printer failed with status ${code}, replace the drum`,
  ];

  it("is no error alone, whatever it stands beside", () => {
    const found = CODES.flatMap((code) =>
      SAYS.flatMap((say) => {
        const name = nameOf(say(code));
        return name === undefined ? [] : [`${say(code)}: ${name}`];
      }),
    );
    expect(CODES.length).toBeGreaterThan(100);
    expect(found).toEqual([]);
  });
});

describe("another subject", () => {
  const OTHERS: readonly (readonly [RegExp, string])[] = [
    [/\bexpired\b/, "revoked"],
    [/\bread(?:ing)?\b/, "print"],
    [/\bwrit(?:e|ing)\b/, "erase"],
    [/\brefused\b/, "accepted"],
    [/\bdenied\b/, "granted"],
    [/\bexceeded\b/, "respected"],
    [/\blost\b/, "found"],
    [/\bclosed\b/, "opened"],
    [/\brejected\b/, "accepted"],
  ];

  it("makes another error of a pattern whose word it is, where no name says it as well", () => {
    const changed = PATTERNS.flatMap(({ name, pattern }) =>
      OTHERS.flatMap(([word, other]) => {
        const plain = lineOf(pattern, ["orders"]);
        // Where the word is not marked, it need not be what the error is.
        const isMarked = (pattern.match(/\*\*[^*]+\*\*/g) ?? []).some((marked) => word.test(marked));
        const isNamed = /[a-z][A-Z]|[A-Za-z]_[A-Za-z]/.test(pattern);
        return isMarked && !isNamed ? [{ name, text: plain.replaceAll(new RegExp(word, "g"), other) }] : [];
      }),
    );
    const hit = changed
      .filter(({ name, text }) => nameOf(text) === name)
      .map(({ name, text }) => `${name}: ${text}`);
    expect(changed.length).toBeGreaterThan(80);
    expect(hit.length, hit.join("\n")).toBeLessThan(changed.length / 20);
  });
});

/** A word inside of a clause: what stands at its ends may be a driver's, what stands beside a placeholder is anything. */
function isDecisive(words: readonly string[], at: number): boolean {
  const isPlain = (word: string | undefined) =>
    word !== undefined && /^[A-Za-z]+$/.test(word) && wordsOf(word).length === 1;
  return isPlain(words[at]) && isPlain(words[at - 1]) && isPlain(words[at + 1]);
}

describe("an event of many lines", () => {
  const GO = `panic: dial tcp 10.0.0.1:5432: connect: connection refused

goroutine 1 [running]:
main.main()
\t/app/main.go:17 +0x1d`;
  const PYTHON = `Traceback (most recent call last):
  File "/app/orders.py", line 17, in <module>
    connection.execute("retry when deadlock detected")
  File "/app/db.py", line 4, in execute
    raise DatabaseError(text)
db.DatabaseError: disk is gone`;
  const JAVA = `com.example.OrderException: order 17 was not stored
\tat com.example.Orders.store(Orders.java:17)
\tat com.example.Main.main(Main.java:4)
Caused by: java.lang.OutOfMemoryError: Metaspace
\t... 12 more`;
  const NODE = `Error: order 17 was not stored
    at store (/app/orders.js:17:4) {
  [cause]: Error: connect ECONNREFUSED 10.0.0.1:8080
      at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)
}`;
  const DOTNET = `Unhandled exception. System.InvalidOperationException: order 17 was not stored
 ---> System.IO.IOException: No space left on device : '/data/orders'
   at System.IO.RandomAccess.WriteAtOffset(SafeFileHandle handle)
   --- End of inner exception stack trace ---
   at Orders.Store() in /app/Orders.cs:line 17`;
  const ELIXIR = `** (DBConnection.ConnectionError) tcp recv: closed
    (ecto) lib/ecto/adapters/postgres/connection.ex:108: Ecto.Adapters.SQL.execute/4
    (orders 1.2.0) lib/orders.ex:17: Orders.store/2`;
  const RUBY = `/app/orders.rb:17:in \`store': order 17 was not stored (RuntimeError)
\tfrom /app/main.rb:4:in \`<main>'`;

  it("is read without the places of its stack trace", () => {
    expect(messageOf(GO)).toBe("panic: dial tcp 10.0.0.1:5432: connect: connection refused\n");
    expect(messageOf(PYTHON)).toBe("db.DatabaseError: disk is gone");
    expect(messageOf(JAVA).split("\n")).toHaveLength(2);
    expect(messageOf(NODE)).not.toContain("afterConnect");
    expect(messageOf(DOTNET).split("\n")).toHaveLength(2);
    expect(messageOf(RUBY)).toContain("order 17 was not stored");
    expect(messageOf(RUBY)).not.toContain("main.rb");
    expect(messageOf(ELIXIR)).toBe("** (DBConnection.ConnectionError) tcp recv: closed");
    // A call alone is where Go was, and what failed where it is no method's.
    expect(messageOf("bind()\n to 10.0.0.1:80 failed")).toContain("bind()");
    // Each line as syslog sent it.
    expect(messageOf(JAVA.replaceAll(/^/gm, "Jan 11 08:24:35 10.0.0.1 shop: ")).split("\n")).toHaveLength(3);
  });

  it("is known by whichever line says it: its message, a cause, the last of a traceback", () => {
    expect(nameOf(JAVA)).toBe("java-metaspace");
    expect(nameOf(NODE)).toBe("node-econnrefused");
    expect(nameOf(JSON.stringify({ msg: "order failed", err: JAVA }))).toBe("java-metaspace");
    // A line of the source is no message.
    expect(nameOf(PYTHON)).toBeUndefined();
  });
});

describe("of two errors that a text says", () => {
  it.each([
    [
      "what failed, and not the reason that a runtime gives for it",
      "k8s-probe-failed",
      "Readiness probe failed: dial tcp 10.1.2.3:8080: connect: connection refused",
    ],
    [
      "the one whose word stands where the other has any",
      "s3-kms-denied",
      "AccessDeniedException: User: arn:aws:sts::1:assumed-role/x is not authorized to perform: kms:ReEncrypt on resource: arn:aws:kms:eu-west-1:1:key/2 because no identity-based policy allows the kms:ReEncrypt action",
    ],
  ])("it is %s", (_, name, text) => {
    expect(nameOf(text)).toBe(name);
  });

  it("is none when a product's error is told whose wording is unknown, and a runtime's reason for it", () => {
    const reason = "read tcp 10.0.0.1:4000->10.0.0.9:8443: read: connection reset by peer";
    expect(nameOf(reason)).toBe("http-connection-reset");
    expect(
      nameOf(
        `botocore.exceptions.TokenRetrievalError: Error when retrieving token from sso: Token: ${reason}`,
      ),
    ).toBeUndefined();
  });
});

describe("a word of a pattern", () => {
  it("is there when the text has it once, though the pattern has it twice", () => {
    expect(
      nameOf(
        "A second operation was started on this context instance before a previous operation completed.",
      ),
    ).toBe("ef-second-operation");
  });

  it("is no value, nor a value a word", () => {
    expect(nameOf('DatabaseError: prepared statement "S_1798" does not exist')).toBe("pg-prepared-statement");
    expect(nameOf("Abort deleting, for related PVC doesn't exist, data-0/shop")).toBeUndefined();
  });

  it("may be negated inside of what varies", () => {
    expect(
      nameOf(
        "Group coordinator kafka-1:9092 (id: 7 rack: null) is unavailable or invalid due to cause: stopped without a reason given. isDisconnected: false. Rediscovery will be attempted.",
      ),
    ).toBe("kafka-coordinator");
    expect(
      nameOf(
        "Group coordinator kafka-1:9092 (id: 7 rack: null) is not unavailable or invalid due to cause: x. Rediscovery will be attempted.",
      ),
    ).toBeUndefined();
  });
});

describe("what an entry excludes", () => {
  it.each([
    ["Login failed for user 'sa'.", "sqlserver-login-failed"],
    ["login failed for user 4711 from 10.0.0.7: wrong password (4 times)", undefined],
    ["ERROR 1040 (HY000): Too many connections", "mysql-connections"],
    ["mail server refused <orders@example.com>: 421 4.7.0 too many connections from 10.0.0.7", undefined],
    ["SMTP 421 Too many connections", undefined],
  ])("makes another error of %j", (text, name) => expect(nameOf(text)).toBe(name));

  it("is compared in any case, and said", () => {
    const near = SIGNATURES.find("Mail Server: too many connections");
    const mysql = near.find(({ of }) => of.name === "mysql-connections");
    expect(mysql?.against).toBe('it says "mail server"');
  });
});

describe("what any program may say", () => {
  it.each([
    ["Table 'calls' does not exist!!", undefined],
    ["ERROR 1146 (42S02): Table 'shop.orders' doesn't exist", "mysql-no-such-table"],
    ["plugin backup does not support creating volumes", undefined],
    ["invalid client URI 'x' specified on outbound registration", undefined],
    ['{"error":"invalid_client","error_description":"Client authentication failed"}', "oauth-invalid-client"],
    ["Failed to parse private key PEM", undefined],
    ["Allocation bucket doesn't exist and transaction is not writable", undefined],
    ["Role 17 does not exist on this server", undefined],
    ['FATAL:  role "orders" does not exist', "pg-role-missing"],
    ["failed to parse 'image_pull_timeout' duration: 5x", undefined],
    ["Error: ErrImagePull", "k8s-image-pull"],
    ["Running task 1.0 in stage 0.0 (TID 1)", undefined],
    ["ERROR Executor: Exception in task 1.0 in stage 0.0 (TID 1)", "spark-stage-failed"],
  ])("is no evidence of one error: %j", (text, name) => expect(nameOf(text)).toBe(name));

  it("is said", () => {
    const near = SIGNATURES.find("Table 'calls' does not exist!!");
    expect(near.find(({ of }) => of.name === "mysql-no-such-table")?.against).toBe("any program may say so");
  });

  it("is enough when the text names the product", () => {
    const near = SIGNATURES.find("secret 17 not found")[0];
    expect(near).toMatchObject({ against: "any program may say so", of: { product: "kubernetes" } });
    expect(nameOf("kubernetes: secret 17 not found")).toBe("k8s-create-container-config");
  });
});

describe("a test runner's line", () => {
  it.each([
    "--- FAIL: TestClient_ContextDeadlineExceededIsRetried (0.02s)",
    "=== RUN   TestConnectionRefused",
    "FAILED tests/test_orders.py::test_deadlock_detected_is_retried - AssertionError",
    "✕ connect ECONNREFUSED is retried (12 ms)",
    "not ok 4 - deadlock detected",
    "[ERROR] Tests run: 3, Failures: 1 -- in OutOfMemoryErrorTest",
  ])("speaks of an error: %s", (line) => expect(nameOf(line)).toBeUndefined());
});

describe("a name that only one error has", () => {
  it.each([
    ["node-require-esm", "worker 3 gave up\nCode: ERR_REQUIRE_ESM"],
    ["slack-channel", "report-bot WARN post failed: {u'ok': False, u'error': u'not_in_channel'}"],
    ["s3-wrong-region", "GetObject went wrong; its code was PermanentRedirect"],
    [
      "oracle-connection-lost",
      "ERROR: OCITransCommit failed in pl/pgsql of postgresql: ORA-03135: 连接失去联系",
    ],
    ["oracle-no-listener", "java.sql.SQLException: ORA-12541: 无法连接。"],
    // Before what a runtime says of it.
    ["mongo-server-selection", "ServerSelectionTimeoutError('cart-db.internal: connection refused')"],
  ])("says that it is %s, whatever else is said", (name, text) => {
    expect(nameOf(text)).toBe(name);
  });

  it.each([
    ["part of another", "MY_ERR_REQUIRE_ESM_2 was set"],
    ["beside another's", "not_in_channel, then not_authed"],
    ["in another case", "Not_In_Channel"],
    ["of a rival product", "cockroachdb: PROTOCOL_CONNECTION_LOST"],
    [
      "in a line of code",
      "try:\n    send()\nexcept psycopg2.errors.UniqueViolation:\n    log.error('taken')",
    ],
    ["what somebody writes of", "fix: retry when a message fails with not_in_channel"],
    ["what a program lacks", "ReferenceError: TokenExpiredError is not defined"],
    ["what a Ruby program lacks", "uninitialized constant Net::OpenTimeout (NameError)"],
  ])("says nothing where it is %s", (_, text) => {
    expect(nameOf(text)).toBeUndefined();
  });

  it("says nothing against words that say another error", () => {
    expect(nameOf("jsonwebtoken: TokenExpiredError: jwt not expired")).toBeUndefined();
  });
});
