import { describe, expect, it } from "vitest";
import { stackOf } from "../src/group/stack.ts";

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
