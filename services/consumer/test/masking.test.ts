import { describe, expect, it } from "vitest";
import { mask } from "../src/group/masking.ts";

describe("mask", () => {
  it.each([
    ["connected to 10.0.3.17:5432", "connected to <IP>"],
    ["from 10.0.3.17, port 22", "from <IP>, port <NUM>"],
    ["peer fe80::1ff:fe23:4567:890a is gone", "peer <IP> is gone"],
    ["peer ::1 is gone", "peer <IP> is gone"],
    ["peer 2001:db8:0:0:8:800:200c:417a is gone", "peer <IP> is gone"],
    ["took 12.5ms, 98% of 1,024 KiB", "took <NUM>, <NUM> of <NUM> KiB"],
    ["size=12MiB free=3GB n=17", "size=<NUM> free=<NUM> n=<NUM>"],
    ["user kim.lee+x@mail.example.com left", "user <EMAIL> left"],
    ["GET https://api.example.com/v1/x?id=3", "GET <URL>"],
    ["at 2026-01-25T01:02:03.456Z", "at <TIME>"],
    ["at 2026-01-25 01:02:03,456", "at <TIME> <TIME>"],
    ["id 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "id <UUID>"],
    ["at 0xdeadbeef", "at <HEX>"],
    ["commit 8f14e45fceea167a", "commit <HEX>"],
    ["charge ch_3PqXyZ2eZvKYlo2C", "charge ch_<ID>"],
    ["open /var/log/app/x.log failed", "open <PATH> failed"],
    ["open C:\\Temp\\a.txt failed", "open <PATH> failed"],
    ["open ~/x failed", "open <PATH> failed"],
    ["block blk_-1608999687919862906", "block blk_-<NUM>"],
    ["node-3 of shard-000012", "node-<NUM> of shard-<NUM>"],
    ["retry #3 (of 5)", "retry #<NUM> (of <NUM>)"],
    ["and/or nothing: at all", "and/or nothing: at all"],
    ["  many \t blanks  ", "many blanks"],
    ["", ""],
    ["메시지 17개 실패", "메시지 <NUM>개 실패"],
  ])("%j becomes %j", (text, expected) => {
    expect(mask(text)).toBe(expected);
  });
});
