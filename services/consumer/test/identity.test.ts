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

  it.each<[string, ...string[]]>([
    // An error's code.
    ["code:17", "17"],
    ["code #17", "17"],
    ["zip code 17", "17"],
    ["CODE is 17 now", "17"],
    ['error_code was  =  "AB-12"', "AB-12"],
    ["fault-code (X_1.2) of it", "X_1.2"],
    ['{"code": 17}', "17"],
    ["result code [E17]", "E17"],
    ["decode 17 of it"],
    ["code 1234567"],
    ["code 12-34"],
    ["code 17x"],
    ["statusCode  =  'a.b-c_1' at", "a.b-c_1"],
    ["statusCode:a", "a"],
    ['"statusCode"b', "b"],
    ["exitCode a", "a"],
    ["xstatusCode=1"],
    ["statusCodes=1"],
    ["error 1062 of it", "1062"],
    ["Error #123: x", "123"],
    ["error 12"],
    ["error 123456"],
    ["terror 1062"],
    // Of products.
    ["it is ORA-12154: no", "ORA-12154"],
    ["TNS12154 no", "TNS12154"],
    ["WFLYCTL0013: no", "WFLYCTL0013"],
    ["CWWKE0701E: no", "CWWKE0701E"],
    ["AADSTS50011: no", "AADSTS50011"],
    ["HHH000346: no", "HHH000346"],
    ["XORA-12154 no"],
    ["ORA-12 no"],
    ["ORA-1234567 no"],
    ["ORA-600AB no"],
    // Of the system, of SQL.
    ["errno=13", "13"],
    ["errno: [13] x", "13"],
    ["os error 2", "2"],
    ["errno 1234"],
    ["xerrno 13"],
    ["errno : : 13"],
    ["SQL STATE 23505", "23505"],
    ["sqlstate: 42P01", "42P01"],
    ["SQLSTATE 2350"],
    ["SQLSTATE 235055"],
    ["MYSQLSTATE 23505"],
    // Of gRPC.
    ["grpc status 14", "14"],
    ["grpc_status=4", "4"],
    ["grpcstatus: 14", "14"],
    ["grpc-status 144"],
    ["code = DeadlineExceeded desc", "DeadlineExceeded"],
    ["status: NOT_FOUND", "NOT_FOUND"],
    ["StatusCode=Internal", "Internal"],
    ["status internals"],
    ["xstatus internal"],
    ["status is not internal"],
    // Of HTTP.
    ["404 Not Found", "404"],
    ["418 I'm a Teapot", "418"],
    ["HTTP 500", "500"],
    ["HTTP/2 503", "503"],
    ["HTTP/1.1 503 now", "503"],
    ["http error code: 500", "500"],
    ['HTTP" status:404', "404"],
    ["HTTP 200"],
    ["HTTP 5033"],
    ["XHTTP 503"],
    ["1503 Service Unavailable"],
    ["200 OK, http"],
    ["status 404", "404"],
    ["status of 404", "404"],
    ["STATUS was 500", "500"],
    ["status_code=502", "502"],
    ["status-code is  :  '403'", "403"],
    ['"status": 503', "503"],
    ["status 200"],
    ["status 4044"],
    ["mystatus 404"],
    ["it returned a 500", "500"],
    ["it returned an 501 to us", "501"],
    ["received 503 again", "503"],
    ["Failed with 404", "404"],
    ["replied with a 502", "502"],
    ["returned 5000"],
    ["returned 300"],
    // A count, a time or a size is no status.
    ["the query returned 508 rows"],
    ["failed 404 times"],
    ["received 512 kB"],
    ["got 450ms"],
    ["the registry returned 503 status", "503"],
    ["it got 502 this time", "502"],
    ["unanswered 404"],
    // Names.
    ["read ECONNRESET", "ECONNRESET"],
    ["EPIPE and ENOENT, ENOTHING", "EPIPE", "ENOENT"],
    ["xEPIPE and EPIPEx"],
    ["ECONNRESETECONNRESET and E2BIG", "E2BIG"],
    ["a TimeoutError was thrown", "TimeoutError"],
    ["Failed: app.io.DiskFault", "app.io.DiskFault"],
    ["Error: it ended"],
    ["an exception"],
  ])("of %j keeps just what says which error it is", (message, ...parts) => {
    expect(of(message)).toEqual(parts.length === 0 ? [""] : parts);
  });

  it("keeps each part once: the reason of a status is the status", () => {
    expect(of("HTTP 503: 503 Service Unavailable, status=503")).toEqual(["503"]);
    expect(of("java.io.IOException: no", "java.io.IOException: no\n\tat com.acme.A.run(A.java:1)")).toEqual([
      "java.io.IOException",
      "com.acme.A.run",
    ]);
  });

  it("looks at the first 2,000 characters, and keeps 500", () => {
    expect(of(`${" ".repeat(1_990)}errno 13`)).toEqual(["13"]);
    expect(of(`${" ".repeat(1_995)}errno 13`)).toEqual([""]);
    expect(of("x", "", "C".repeat(600))).toEqual(["C".repeat(500)]);
  });

  it("reads no trace where there is only the message", () => {
    expect(of("at\n\tat com.acme.A.run(A.java:1)")).toEqual([""]);
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
