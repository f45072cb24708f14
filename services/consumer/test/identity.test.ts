import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityOf } from "../src/group/identity.ts";
import { stackOf } from "../src/group/stack.ts";
import { cpuMs } from "./support/cpu.ts";
import { logRecord } from "./support/records.ts";

const of = (message: string, stack = "", error_code?: string) =>
  identityOf(
    logRecord({
      message,
      log_content: stack === "" ? message : `${message}\n${stack}`,
      ...(error_code !== undefined && { error_code }),
    }),
  ).split("\n");

describe("identityOf", () => {
  it.each([
    ["payment failed error_code=CARD_DECLINED", "CARD_DECLINED"],
    ["payment failed, errorCode: 'E-17'", "E-17"],
    ["query failed with error code 1062", "1062"],
    ["child ended, exit code 137", "137"],
    ["ORA-00600: internal error", "ORA-00600"],
    ["connect ECONNREFUSED 10.0.0.1:5432", "ECONNREFUSED"],
    ["[Errno 111] Connection refused", "111"],
    ["No such file or directory (os error 2)", "2"],
    ["upstream answered HTTP 503", "503"],
    ["got 502 Bad Gateway from cart", "502"],
    ["call failed, status=504", "504"],
    ["rpc error: code = Unavailable desc = no connection", "Unavailable"],
    ["grpc-status: 14", "14"],
    ["SQLSTATE[23505]: unique violation", "23505"],
    ["java.sql.SQLException: no more connections", "java.sql.SQLException"],
  ])("keeps what distinguishes %s", (message, part) => {
    expect(of(message)).toContain(part);
  });

  it.each([
    "order 17 is late",
    "took 503 ms",
    "user 404 left",
    "disk is full",
    "state of the error is unknown",
  ])("has nothing to keep of %s", (message) => {
    expect(of(message)).toEqual([""]);
  });

  it("keeps the record's error code, a stack trace's exceptions and the application's own frame", () => {
    const stack = [
      "java.lang.IllegalStateException: no order",
      "\tat org.springframework.web.Servlet.service(Servlet.java:12)",
      "\tat com.acme.orders.OrderService.place(OrderService.java:48)",
      "Caused by: java.sql.SQLException: closed",
      "\tat org.postgresql.Driver.connect(Driver.java:7)",
      "\t... 12 more",
    ].join("\n");
    expect(of("Unhandled exception", stack, "E_ORDER")).toEqual([
      "E_ORDER",
      "java.lang.IllegalStateException",
      "java.sql.SQLException",
    ]);
    expect(of("Unhandled exception", stack)).toEqual([
      "java.lang.IllegalStateException",
      "java.sql.SQLException",
      "com.acme.orders.OrderService.place",
    ]);
  });

  it("takes any text, and the same for the same", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 3_000 }),
        fc.string({ maxLength: 3_000 }),
        (message, stack) => {
          expect(of(message, stack)).toEqual(of(message, stack));
        },
      ),
    );
  });

  it.each([
    "a.".repeat(20_000),
    "  at (".repeat(20_000),
    "code code code ".repeat(20_000),
    "A:".repeat(50_000),
    `\n${"x".repeat(100_000)}`,
  ])("is quick with a text that is made to be slow: %#", (text) => {
    expect(cpuMs(() => of(`error ${text}`, text))).toBeLessThan(1_000);
  });
});

describe("stackOf", () => {
  it.each([
    [
      "Python",
      'Traceback (most recent call last):\n  File "/usr/lib/python3.12/threading.py", line 1, in run\n  File "/app/shop/cart.py", line 17, in add\n    raise KeyError(sku)\n  File "/app/.venv/lib/python3.12/site-packages/redis/client.py", line 9, in get\nredis.exceptions.ConnectionError: refused',
      { exceptions: ["redis.exceptions.ConnectionError"], ownFrames: ["/app/shop/cart.py add"] },
    ],
    [
      "Node",
      "TypeError: x is not a function\n    at Object.get (/app/node_modules/lib/index.js:1:2)\n    at async place (/app/src/orders.js:12:5)\n    at /app/src/main.js:3:1\n    at node:internal/process/task_queues:95:5",
      { exceptions: ["TypeError"], ownFrames: ["/app/src/orders.js place", "/app/src/main.js"] },
    ],
    [
      ".NET",
      "System.InvalidOperationException: no ---> System.IO.IOException: broken\n   at System.Linq.Enumerable.First()\n   at Acme.Orders.Place(String id) in C:\\src\\Orders.cs:line 12",
      {
        exceptions: ["System.InvalidOperationException", "System.IO.IOException"],
        ownFrames: ["Acme.Orders.Place"],
      },
    ],
    [
      "Go",
      "goroutine 1 [running]:\nruntime.gopanic(0x1)\n\t/usr/local/go/src/runtime/panic.go:7\nmain.(*Server).place(0xc000012345)\n\t/app/orders.go:12 +0x1f",
      { exceptions: [], ownFrames: ["main.(*Server).place"] },
    ],
    [
      "Ruby",
      "app/orders.rb:12:in 'place': nil (NoMethodError)\n\tfrom /usr/lib/ruby/gems/rack/lib/rack.rb:1:in 'call'",
      { exceptions: ["NoMethodError"], ownFrames: ["app/orders.rb place"] },
    ],
    [
      "PHP",
      "#0 /app/vendor/lib/Db.php(3): Db->query()\n#1 /app/src/Orders.php(12): Acme\\Orders->place()",
      { exceptions: [], ownFrames: ["/app/src/Orders.php Acme\\Orders->place"] },
    ],
    [
      "Rust",
      "stack backtrace:\n   0: std::panicking::begin\n   1: orders::place\n",
      { exceptions: [], ownFrames: ["orders::place"] },
    ],
  ])("reads a trace of %s", (_, trace, expected) => {
    expect(stackOf(`it failed\n${trace}`)).toEqual(expected);
  });

  it("is the same wherever in a function it was thrown", () => {
    const trace = (line: number) => `x\n\tat com.acme.A$$Lambda$${line}/0x${line}.run(A.java:${line})`;
    expect(stackOf(trace(3))).toEqual(stackOf(trace(71)));
  });
});
