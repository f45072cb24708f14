import { describe, expect, it } from "vitest";
import { wordsOf } from "../src/group/words.ts";

/** Words with a `|` between them, and what stands for those that vary by their looks. */
const keysOf = (masked: string) => wordsOf(masked).keys.join("|");
const shownOf = (masked: string) => wordsOf(masked).shown.join("|");

describe("the words of a masked line", () => {
  it.each([
    ["", "<*>", "<*>"],
    ["disk is full", "disk|is|full", "disk| is| full"],
    ["node <NUM> is full", "node|<*>|is|full", "node| <NUM>| is| full"],
    ["a.b.c/d and/or e", "a.b.c/d|and/or|e", "a.b.c/d| and/or| e"],
    ["user <*> left", "user|<*>|left", "user| <*>| left"],
    ["a <b> <Ab> c", "a|<b>|<Ab>|c", "a| <b>| <Ab>| c"],
  ])("%j are %s", (masked, keys, shown) => {
    expect(keysOf(masked)).toBe(keys);
    expect(shownOf(masked)).toBe(shown);
  });

  it.each([
    ["took <NUM> ms in all", "took|<*>|in|all", "took| <NUM> ms| in| all"],
    ["took <NUM> seconds), late", "took|<*>|late", "took| <NUM> seconds),| late"],
    ["size=<NUM> bytes of all", "size=<*>|of|all", "size=<NUM> bytes| of| all"],
    ["wrote <NUM> bytes (<NUM> KB) now", "wrote|<*>|now", "wrote| <NUM> bytes (<NUM> KB)| now"],
    ["wrote <NUM> (<NUM>) now", "wrote|<*>|now", "wrote| <NUM> (<NUM>)| now"],
    ["size=<NUM> (<NUM>) now", "size=<*>|<*>|now", "size=<NUM>| (<NUM>)| now"],
    ["many bytes came", "many|bytes|came", "many| bytes| came"],
    ["wait <NUM> msx", "wait|<*>|msx", "wait| <NUM>| msx"],
    ["wait <NUM> xms", "wait|<*>|xms", "wait| <NUM>| xms"],
    ["bytes came", "bytes|came", "bytes| came"],
  ])("have a measure with its unit as one: %j is %s", (masked, keys, shown) => {
    expect(keysOf(masked)).toBe(keys);
    expect(shownOf(masked)).toBe(shown);
  });

  it.each([
    "Mon Jan",
    "Tue Feb",
    "Wed Mar",
    "Thu Apr",
    "Fri May",
    "Sat Jun",
    "Sun Jul",
    "Monday, August",
    "Tuesday September",
    "Fri Oct",
    "Fri Nov",
    "Fri Dec",
  ])("have a date as one: %s", (date) => {
    expect(keysOf(`at ${date} <NUM> <TIME> <NUM> it ended`)).toBe("at|<*>|it|ended");
    expect(shownOf(`${date} <NUM> it`)).toBe(`${date} <NUM>| it`);
  });

  it.each([
    ["Sat Jul <NUM> <TIME> UTC <NUM> now", "<*>|now"],
    ["Sat Jul <NUM> CEST <NUM> now", "<*>|now"],
    ["Sat Jul <NUM> UTC is", "<*>|UTC|is"],
    ["Sat Jul <NUM> Utc <NUM>", "<*>|Utc|<*>"],
    ["Sat Jul <NUM> EASTERN <NUM>", "<*>|EASTERN|<*>"],
    ["Sat Jul <NUM> <NUM> <NUM> <NUM> <NUM> <NUM>", "<*>|<*>|<*>"],
    ["Sat is not Jul <NUM>", "Sat|is|not|Jul|<*>"],
    ["xSat Jul <NUM>", "xSat|Jul|<*>"],
    ["Sat xJul <NUM>", "Sat|xJul|<*>"],
    ["Sat7 Jul7 x", "<*>|<*>|x"],
    ["on Sat", "on|Sat"],
  ])("end a date where it ends: %j is %s", (masked, keys) => {
    expect(keysOf(masked)).toBe(keys);
  });

  it.each([
    ["user=root left", "user=root|left"],
    ["rhost=<IP> left", "rhost=<*>|left"],
    ["host=db.example.com left", "host=<*>|left"],
    ["(key=<NUM>,", "(key=<*>"],
    ["17=a left", "<*>|left"],
    ["<NUM>=a left", "<*>|left"],
    ["=<NUM> left", "<*>|left"],
    ["key=a=<NUM>", "key=<*>"],
    ["port:<NUM> left", "port:<*>|left"],
    ["peer:<IP> left", "peer:|<*>|left"],
    ["jdbc:refused it", "jdbc:|refused|it"],
    ["cause:(none) it", "cause:|(none)|it"],
    ["cause:[none] it", "cause:|[none]|it"],
    ["a:-b it", "a:-b|it"],
    ["a: b", "a:|b"],
  ])("keep the key of a value, and a colon ends a word: %j is %s", (masked, keys) => {
    expect(keysOf(masked)).toBe(keys);
  });

  it("are shown as they stood, a colon's without a blank", () => {
    expect(shownOf("in jdbc:refused it")).toBe("in| jdbc:|refused| it");
    expect(shownOf("rhost=<IP> left")).toBe("rhost=<IP>| left");
  });

  it.each([
    ["db.example.com", "<*>"],
    ["node-1.svc,", "<*>"],
    ["[api.internal]", "<*>"],
    ["(api.lan)", "<*>"],
    ["a.b.local:", "<*>"],
    ["api.de;", "<*>"],
    ["api.info.", "<*>"],
    ["e.g.", "e.g."],
    ["api.office", "api.office"],
    ["!api.com", "!api.com"],
    ["api.com!", "api.com!"],
    [".com", ".com"],
  ])("have a host's name as one that varies: %s is %s", (word, key) => {
    expect(keysOf(`of ${word} now`)).toBe(`of|${key}|now`);
  });

  it.each([
    ["/var/log", "<*>"],
    ["./run", "<*>"],
    ["(/var/log", "<*>"],
    ["../x.y", "<*>"],
    ["path=C:\\", "path=<*>"],
    ["a/b", "a/b"],
    ["/", "/"],
    ["//", "<*>"],
    ["AB:\\logs", "AB:\\logs"],
    ["deadbeef", "<*>"],
    ["deadbeef,", "<*>"],
    ["deadbeef;", "<*>"],
    ["deadbee", "deadbee"],
    ["xdeadbeef", "xdeadbeef"],
    ["deadbeefx", "deadbeefx"],
    ["DEADBEEFCAFE", "<*>"],
  ])("have a path and letters that are hexadecimal as ones that vary: %s is %s", (word, key) => {
    expect(keysOf(`of ${word} now`)).toBe(`of|${key}|now`);
  });

  it.each(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])(
    "have the method of a path vary with it: %s",
    (method) => {
      expect(keysOf(`slow ${method} <URL> again`)).toBe("slow|<*>|<*>|again");
      expect(shownOf(`slow ${method} <URL> again`)).toBe(`slow| ${method}| <URL>| again`);
    },
  );

  it.each([
    ["GET it", "GET|it"],
    ['"GET <PATH>', '"GET|<*>'],
    ["GETS <PATH>", "GETS|<*>"],
    ["GET path=<PATH>", "<*>|path=<*>"],
  ])("have the method stay where no path follows, and in a quoted request line: %j", (masked, keys) => {
    expect(keysOf(masked)).toBe(keys);
  });

  it("are a hundred at most: the last stands for what comes after", () => {
    const line = (count: number) =>
      wordsOf(Array.from({ length: count }, (_, n) => `w${"x".repeat(n)}`).join(" "));
    expect(line(100).keys).toHaveLength(100);
    expect(line(99).keys.at(-1)).toBe(`w${"x".repeat(98)}`);
    expect(line(100).keys.at(-1)).toBe(`w${"x".repeat(99)}`);
    expect(line(101)).toMatchObject({ keys: { length: 100, 99: "<*>" }, shown: { 99: " <*>" } });
    expect(line(101).keys[98]).toBe(`w${"x".repeat(98)}`);
    expect(line(200)).toEqual(line(101));
  });

  it("vary when they are longer than a hundred characters, a value's key stays", () => {
    const long = (length: number) => "g".repeat(length);
    expect(wordsOf(`a ${long(100)}`)).toEqual({ keys: ["a", long(100)], shown: ["a", ` ${long(100)}`] });
    expect(wordsOf(`a ${long(101)}`)).toEqual({ keys: ["a", "<*>"], shown: ["a", " <*>"] });
    expect(wordsOf(`key=${long(100)}`)).toEqual({ keys: ["key=<*>"], shown: ["key=<*>"] });
    expect(wordsOf(`${long(98)}=<NUM>`).keys).toEqual([`${long(98)}=<*>`]);
    expect(wordsOf(`${long(99)}=<NUM>`).keys).toEqual(["<*>"]);
  });
});
