import { describe, expect, it } from "vitest";
import { exceptionIn, stackOf } from "../src/group/stack.ts";

describe("stackOf", () => {
  it.each([
    [
      "Python",
      'Traceback (most recent call last):\n  File "/usr/lib/python3.12/threading.py", line 1, in run\n  File "/app/shop/cart.py", line 17, in add\n    raise KeyError(sku)\n  File "/app/.venv/lib/python3.12/site-packages/redis/client.py", line 9, in get\nredis.exceptions.ConnectionError: refused',
      { exceptions: ["redis.exceptions.ConnectionError"], ownFrames: ["/app/shop/cart.py add"] },
    ],
    [
      "Python's exception groups",
      '  + Exception Group Traceback (most recent call last):\n  |   File "/app/shop/sync.py", line 8, in main\n  |     async with asyncio.TaskGroup() as group:\n  |   File "/usr/lib/python3.12/asyncio/taskgroups.py", line 145, in __aexit__\n  |     raise me from None\n  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File "/app/shop/prices.py", line 3, in load\n    | ValueError: order 17 has no price\n    +------------------------------------',
      {
        exceptions: ["ExceptionGroup", "ValueError"],
        ownFrames: ["/app/shop/prices.py load", "/app/shop/sync.py main"],
      },
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

  const own = (...lines: string[]) => stackOf(["it failed", ...lines].join("\n")).ownFrames;

  it.each([
    ['  File "/app/a.py", line 1', "/app/a.py"],
    ['    File "/app/a.py", line 12, in run', "/app/a.py run"],
    ["    at run (/app/a.js:12:5)", "/app/a.js run"],
    ["  at async Object.run (file:///app/a.mjs:12)", "file:///app/a.mjs Object.run"],
    ["    at C:\\app\\a.js:12:5", "C:\\app\\a.js"],
    ["    at ./a.js:1:2", "./a.js"],
    ["    at webpack:/a.js:1:2", "webpack:/a.js"],
    ["\tat com.acme.A.run(A.java)", "com.acme.A.run"],
    ["\tat com.acme.A$B.<init>(A.java:12)", "com.acme.A$B.<init>"],
    ["\tat app//com.acme.A.run(Native Method)", "com.acme.A.run"],
    ["\tat java.base@21/com.acme.A.run(Unknown Source)", "com.acme.A.run"],
    ["   at Acme.A.Run(String id, Int32 n)", "Acme.A.Run"],
    ["   at Acme.A`1.Run[T]() in C:\\src\\A.cs:line 12", "Acme.A`.Run[T]"],
    ["main.run(0xc000, 0x1)", "main.run"],
    ["github.com/acme/app/store.(*DB).Get(...)", "github.com/acme/app/store.(*DB).Get"],
    ["main.run({0x1, 0x2})", "main.run"],
    ["main.main()", "main.main"],
    ["\tfrom app/a.rb:3:in `run'", "app/a.rb run"],
    ["app/a.rb:3:in 'A#run'", "app/a.rb A#run"],
    ["#12 /app/a.php(3): A->run()", "/app/a.php A->run"],
    ["  14: app::store::get", "app::store::get"],
    ["   0: 0x55d0 - app::run", "app::run"],
  ])("reads a frame of the application: %j", (line, frame) => {
    expect(own(line)).toEqual([frame]);
  });

  it.each([
    '  File "/usr/lib/python3.12/asyncio/a.py", line 1, in run',
    '  File "<frozen importlib._bootstrap>", line 1, in run',
    '  File "/x/dist-packages/a.py", line 1, in run',
    "    at node:internal/modules/a:1:2",
    "    at run (internal/a.js:1:2)",
    "    at run (/app/node_modules/x/a.js:1:2)",
    "\tat java.util.List.get(List.java:1)",
    "\tat org.springframework.A.run(A.java:1)",
    "\tat com.google.common.A.run(A.java:1)",
    "   at System.IO.File.Open()",
    "   at Npgsql.Connector.Open() in /src/a.cs:line 3",
    "runtime.main()",
    "net/http.(*conn).serve(0xc000)",
    "panic(0x1)",
    "/x/gems/rack/a.rb:3:in 'call'",
    "/usr/lib/ruby/3.3/a.rb:3:in 'call'",
    "<internal:kernel.rb:3:in 'loop'",
    "#0 /app/vendor/x/a.php(3): X->y()",
    "  14: std::rt::lang_start",
    "  14: <core::iter::Map>::next",
  ])("leaves out a frame of the language and of libraries: %j", (line) => {
    expect(own(line)).toEqual([]);
  });

  it.each([
    'File "/app/a.py", line 1, in run',
    '  File "/app/a.py", line x, in run',
    "at run (/app/a.js:12:5)",
    "    at run (/app/a.js)",
    "    at run (/app/a.js:12:5) and more",
    "    look at run (/app/a.js:12:5)",
    "at com.acme.A.run(A.java:1)",
    "\tat com.acme.A.run(A.java:1) ~[app.jar]?".replace("A.java:1", "A java:1"),
    "it is 12:in 'a'",
    " main.run(0x1)",
    "main.run(0x1) and more",
    "main.run(abc)",
    "#x /app/a.php(3): A->run()",
    "#1 /app/a.php: A->run()",
    "14: app::run",
    "  14: run",
    "  14: app::run and more",
  ])("reads no frame in %j", (line) => {
    expect(own(line)).toEqual([]);
  });

  it("has a frame once, the innermost five first", () => {
    const frames = ["a", "b", "a", "c", "d", "e", "f"].map((name) => `\tat com.acme.X.${name}(X.java:1)`);
    expect(own(...frames)).toEqual(["a", "b", "c", "d", "e"].map((name) => `com.acme.X.${name}`));
    const python = ["a", "b", "c", "d", "e", "f"].map((name) => `  File "/app/x.py", line 1, in ${name}`);
    expect(own(...python)).toEqual(["f", "e", "d", "c", "b"].map((name) => `/app/x.py ${name}`));
  });

  it.each([
    ["com.acme.OrderException", ["com.acme.OrderException"]],
    ["com.acme.OrderException: no order", ["com.acme.OrderException"]],
    ["Caused by: java.io.IOException: gone", ["java.io.IOException"]],
    ["\tSuppressed: java.io.IOException", ["java.io.IOException"]],
    ['Exception in thread "main" a.BError: x', ["a.BError"]],
    ["  [cause]: TypeError: x", ["TypeError"]],
    ["Uncaught TypeError (x)", ["TypeError"]],
    ["Unhandled RangeError {", ["RangeError"]],
    [" ---> System.IO.IOException: x", ["System.IO.IOException"]],
    [
      "A.BException: x ---> C.DException: y ---> E.FException: z",
      ["A.BException", "C.DException", "E.FException"],
    ],
    ["A.BException: nested exception is c.DException: y", ["A.BException", "c.DException"]],
    ["a.rb:1:in 'x': nil (NoMethodError)", ["NoMethodError"]],
    ["App::Io::DiskFault: x", ["App::Io::DiskFault"]],
    ["a.MyException and more", []],
    ["it was a.MyException: x", []],
    ["a.exception: x", []],
    ["(NoMethodError) it is", []],
    ["Exception: x", []],
  ])("reads the exceptions of the line %j", (line, exceptions) => {
    expect(stackOf(`it failed\n${line}`).exceptions).toEqual(exceptions);
  });

  it("has five exceptions at most, each once, the first one first", () => {
    const lines = ["A", "B", "A", "C", "D", "E", "F"].map((name) => `Caused by: x.${name}Error: y`);
    expect(stackOf(lines.join("\n")).exceptions).toEqual(
      ["A", "B", "C", "D", "E"].map((name) => `x.${name}Error`),
    );
  });

  it("looks at 300 lines, and at 500 characters of each", () => {
    const frame = "\tat com.acme.A.run(A.java:1)";
    expect(own(...Array(298).fill("..."), frame)).toEqual(["com.acme.A.run"]);
    expect(own(...Array(299).fill("..."), frame)).toEqual([]);
    const named = (length: number) => `${" ".repeat(length)}a.MyException: x`;
    expect(stackOf(`x\n${named(480)}`).exceptions).toEqual(["a.MyException"]);
    expect(stackOf(`x\n${named(490)}`).exceptions).toEqual([]);
    expect(stackOf("x\na.MyException: x\r\n").exceptions).toEqual(["a.MyException"]);
  });

  it("is none of a text of one line", () => {
    expect(stackOf("com.acme.MyException: x")).toEqual({ exceptions: [], ownFrames: [] });
  });

  it("has no numbers that a compiler or a build made", () => {
    expect(own("\tat com.acme.A$$Lambda$17/0x01.run(A.java:1)")).toEqual([]);
    expect(own("\tat com.acme.A$$Lambda$17.run(A.java:1)")).toEqual(["com.acme.A"]);
    expect(own("\tat com.acme.A12.run3(A.java:1)")).toEqual(["com.acme.A.run"]);
    expect(own("main.run0xff(0x1)")).toEqual(["main.run"]);
  });
});

describe("exceptionIn", () => {
  it.each([
    ["failed: java.sql.SQLException: x", "java.sql.SQLException"],
    ["got TimeoutError, then IOException", "TimeoutError"],
    ["App::Disk$Io::DiskFault", "App::Disk$Io::DiskFault"],
    ["java.lang.ThreadInterrupt", "java.lang.ThreadInterrupt"],
    ["Error: x", undefined],
    ["an exception", undefined],
    ["an Exceptional case", undefined],
    ["TimeoutErrors", undefined],
    ["myTimeoutError", undefined],
    [".TimeoutError", undefined],
    [`${"x ".repeat(244)}TimeoutError`, "TimeoutError"],
    [`${"x ".repeat(250)}TimeoutError`, undefined],
  ])("of the message %# is %s", (message, found) => {
    expect(exceptionIn(message)).toBe(found);
  });
});
