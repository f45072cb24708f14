import { describe, expect, it } from "vitest";
import { identityOf } from "../src/group/identity.ts";
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
});
