import { LIMITS, type SlackMessage } from "@cali/slack";
import type { KnownBlock } from "@slack/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alert } from "../src/core/types.ts";
import {
  MOST_IN_DIGEST,
  renderAlert,
  renderDigest,
  renderPlainAlert,
} from "../src/notify/slack/alert-message.ts";
import type { Links } from "../src/notify/slack/links.ts";

const alert = (over: Partial<Alert> = {}): Alert => ({
  id: "0123456789abcdef-m1-1",
  fingerprint: "0123456789abcdef",
  service: "payment",
  level: "ERROR",
  template: "pool <*> is empty after <NUM> tries",
  errorCode: "DB_POOL",
  count: 12,
  total: 40,
  suppressed: 11,
  firstSeen: Date.parse("2026-01-25T01:02:03Z"),
  lastSeen: Date.parse("2026-01-25T01:03:03Z"),
  samples: ["pool main is empty after 3 tries", "pool side is empty after 9 tries"],
  isNew: true,
  muted: [{ by: "checkout", count: 7 }],
  ...over,
});

const links = {
  openSearch: "https://search.example.com/_dashboards",
  grafana: "https://grafana.example.com/d/1",
};

/** Every text of a message, with its kind. */
function texts({ text, blocks }: SlackMessage): { kind: string; text: string }[] {
  const ofBlock = (block: KnownBlock): { kind: string; text: string }[] => {
    if (block.type === "header") return [{ kind: "header", text: block.text.text }];
    if (block.type === "section") {
      return [
        ...(block.text ? [{ kind: "section", text: block.text.text }] : []),
        ...(block.fields ?? []).map((field) => ({ kind: "field", text: field.text })),
      ];
    }
    if (block.type === "context") {
      return block.elements.flatMap((element) =>
        "text" in element ? [{ kind: "context", text: element.text }] : [],
      );
    }
    if (block.type === "rich_text") {
      return block.elements.flatMap((element) =>
        "elements" in element
          ? element.elements.flatMap((part) =>
              "text" in part && part.text ? [{ kind: "rich", text: part.text }] : [],
            )
          : [],
      );
    }
    throw new Error(`a block of type ${block.type}`);
  };
  return [{ kind: "text", text }, ...blocks.flatMap(ofBlock)];
}

const MOST: Record<string, number> = {
  text: LIMITS.sectionText,
  header: LIMITS.headerText,
  section: LIMITS.sectionText,
  field: LIMITS.fieldText,
  context: LIMITS.contextText,
  rich: LIMITS.sectionText,
};

/** What Slack would refuse, or make something of that we did not mean. */
function problems(message: SlackMessage): string[] {
  const all = texts(message);
  const total = all.reduce((sum, { text }) => sum + text.length, 0);
  return [
    ...(message.blocks.length > LIMITS.blocks ? [`${message.blocks.length} blocks`] : []),
    ...(total > LIMITS.message ? [`${total} characters`] : []),
    ...all.flatMap(({ kind, text }) => {
      // Links of ours are the only angle brackets.
      const ours = text.replaceAll(/<https:\/\/[^<>|]+\|(OpenSearch|Grafana|lines)>/g, "");
      return [
        ...(text.length > (MOST[kind] ?? 0) ? [`${kind} of ${text.length} characters`] : []),
        ...(text.length === 0 ? [`an empty ${kind}`] : []),
        ...(/\p{Surrogate}/u.test(text) ? [`half a character: ${ours}`] : []),
        // Rich text has no markup.
        ...(kind === "rich" ? [] : problemsOfMarkup(kind, ours)),
      ];
    }),
  ];
}

function problemsOfMarkup(kind: string, text: string): string[] {
  return [
    ...(/[<>]/.test(text) ? [`an angle bracket: ${text}`] : []),
    ...(/@(channel|here|everyone)/i.test(text) ? [`a mention: ${text}`] : []),
    ...(kind !== "header" && text.replaceAll(/`[^`]*`/g, "").includes("`")
      ? [`an open code mark: ${text}`]
      : []),
  ];
}

const HOSTILE = [
  "<!channel> look",
  "<@U012345> <#C1> <!subteam^S1>",
  "@here @channel @everyone",
  "<https://evil.example|your bank>",
  "```\n*now outside*\n```",
  "`code` *bold* _italic_ ~gone~",
  "& &amp; &lt;!channel&gt;",
  "https://evil.example/?x=1",
  "\u202etxt.exe\u0000\u0007",
  "🙂".repeat(3_000),
  "<".repeat(5_000),
  "&".repeat(5_000),
  "`".repeat(5_000),
  "*".repeat(5_000),
  "@here".repeat(2_000),
];

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "grapheme", maxLength: 4_000 }),
  fc.string({ unit: "binary", maxLength: 200 }),
);

describe("renderAlert", () => {
  it("says what a person needs to know", () => {
    const message = renderAlert(alert(), links);
    const all = texts(message)
      .map(({ text }) => text)
      .join("\n");
    for (const part of [
      "ERROR in payment: new error",
      "`DB_POOL`",
      "12 (40 in all)",
      "*Held back*\n11",
      "2026-01-25 01:02:03 UTC",
      "2026-01-25 01:03:03 UTC",
      "pool <*> is empty after <NUM> tries",
      "pool main is empty after 3 tries",
      "*Cause*\nunknown",
      "checkout ×7",
      "`0123456789abcdef-m1-1`",
      "<https://search.example.com/_dashboards|OpenSearch>",
      "<https://grafana.example.com/d/1|Grafana>",
    ]) {
      expect(all).toContain(part);
    }
    expect(problems(message)).toEqual([]);
  });

  it("shows a known cause and action, and marks what nobody confirmed", () => {
    const cause = { cause: "the pool is too small", action: "raise its size", origin: "proposed" as const };
    const all = JSON.stringify(renderAlert(alert({ cause })));
    expect(all).toContain("proposed, not confirmed by a person");
    expect(all).toContain("raise its size");
    expect(JSON.stringify(renderAlert(alert({ cause: { ...cause, origin: "confirmed" } })))).not.toContain(
      "proposed",
    );
  });

  it("shows which tier answered, how similar it is, since when it is known, and where it says more", () => {
    const cause = {
      cause: "a",
      action: "b",
      origin: "confirmed" as const,
      tier: "vector" as const,
      similarity: 0.914,
      since: Date.UTC(2026, 0, 25),
      entry: "0123456789abcdef",
      link: "https://docs.example.org/r",
    };
    const all = JSON.stringify(renderAlert(alert({ cause })));
    expect(all).toContain(
      "known of a similar template · similarity 0.91 · since 2026-01-25 · knowledge 0123456789abcdef",
    );
    expect(all).toContain('{"type":"link","url":"https://docs.example.org/r","text":"runbook"}');
  });

  it("says unknown with the nearest three, and what could not be asked", () => {
    const nearest = ["a", "b", "c", "d"].map((name, place) => ({
      pattern: `pattern ${name}`,
      cause: `cause ${name}`,
      similarity: 0.7 - place / 10,
    }));
    const all = JSON.stringify(renderAlert(alert({ nearest, unavailable: "the model could not be asked" })));
    expect(all).toContain("*Cause*\\nunknown");
    expect(all).toContain("none is the same");
    for (const part of ["• 0.70 ", "pattern a", " cause a", "• 0.50 ", "pattern c", " cause c"])
      expect(all).toContain(part);
    expect(all).not.toContain("pattern d");
    expect(all).toContain("Knowledge unavailable: the model could not be asked");
    const known = { cause: "x", action: "y", origin: "confirmed" as const };
    expect(JSON.stringify(renderAlert(alert({ cause: known, nearest })))).not.toContain("pattern a");
  });

  it("has lines, templates and causes in it as they are, to be copied", () => {
    const text = "<a> & `b` *c* _d_ my_pool ~/x @here https://x.example/?a=1&b=2 /var/log/a_b.log";
    const cause = { cause: text, action: text, origin: "confirmed" as const };
    const parts = texts(renderAlert(alert({ template: text, samples: [text], cause }))).filter(
      ({ kind }) => kind === "rich",
    );
    expect(parts.filter((part) => part.text.includes(text))).toHaveLength(4);
    expect(parts.every((part) => !/[\u200b\u2060]|&(?:amp|lt|gt);/.test(part.text))).toBe(true);
  });

  it("says of the lines which version, pod, trace and own frames, how many came when, and what changed", () => {
    const message = renderAlert(
      alert({
        version: "1.4.2",
        podName: "payment-7d4b9c",
        traceId: "4bf92f",
        ownFrames: ["com.acme.Pool.take", "com.acme.Pay.run"],
        rate: [0, 1, 7, 14],
        changed: { version: "1.4.2", since: Date.parse("2026-01-25T01:00:00Z"), before: "1.4.1" },
        mayBeCausedBy: ["database"],
      }),
      links,
    );
    const all = texts(message)
      .map(({ text }) => text)
      .join("\n");
    for (const part of [
      "*Version*\n1.4.2",
      "payment-7d4b9c",
      "com.acme.Pool.take\ncom.acme.Pay.run",
      "▁▂▅█",
      "version 1.4.2 since 2026-01-25 01:00:00 UTC, before that 1.4.1",
      "*May be caused by*\ndatabase",
    ]) {
      expect(all).toContain(part);
    }
    expect(all).toMatch(
      /`4bf92f` <https:\/\/search\.example\.com\/_dashboards\/app\/discover#\/\?_a=[^|>]*4bf92f[^|>]*\|lines>/,
    );
    expect(problems(message)).toEqual([]);
  });

  const traceUrl = (traceId: string, given: Links) => {
    const all = texts(renderAlert(alert({ traceId }), given));
    const address = all
      .map(({ text }) => /<([^|>]*)\|lines>/.exec(text)?.[1])
      .find((one) => one !== undefined);
    return new URL((address ?? "").replaceAll("&amp;", "&"));
  };

  it("a trace's link has the id as one part of the address, whatever the id is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (id) => {
        fc.pre(!/^\.{0,2}$/.test(id));
        const trace = "https://jaeger.example.com/trace/{trace_id}?from={trace_id}&x=1";
        const url = traceUrl(id, { ...links, trace });
        expect(url.origin).toBe("https://jaeger.example.com");
        expect(url.pathname.split("/")).toHaveLength(3);
        expect([...url.searchParams.keys()]).toEqual(["from", "x"]);
        expect(url.searchParams.get("from")).toBe(id.toWellFormed());
        const state = new URLSearchParams(traceUrl(id, links).hash.slice("#/?".length));
        const query = /^\(query:\(language:kuery,query:'((?:[^!']|!.)*)'\)\)$/s.exec(
          state.get("_a") ?? "",
        )?.[1];
        expect(query?.replace(/!(.)/gs, "$1")).toBe(
          `trace_id:"${id.toWellFormed().replace(/[\\"]/g, "\\$&")}"`,
        );
        expect(state.get("_g")).toBe(
          "(time:(from:'2026-01-25T00:47:03.000Z',to:'2026-01-25T01:18:03.000Z'))",
        );
      }),
    );
  });

  it("has buttons only where somebody hears of them: those of its cause where it is known", () => {
    const cause = { cause: "c", action: "a", origin: "confirmed", entry: "0123456789abcdef" } as const;
    const buttons = ({ blocks }: SlackMessage) =>
      blocks.flatMap((block) =>
        block.type === "actions"
          ? block.elements.map((one) => (one.type === "button" ? `${one.action_id} ${one.value}` : one.type))
          : [],
      );
    const incident = { id: "fedcba9876543210-m1-1", services: ["payment"] };
    const about = ["cali:acknowledge fedcba9876543210-m1-1", "cali:silence 0123456789abcdef-m1-1"];
    const ofCause = ["cali:confirm 0123456789abcdef", "cali:reject 0123456789abcdef"];
    expect(buttons(renderAlert(alert({ incident }), { buttons: true }))).toEqual(about);
    const known = alert({ incident, cause });
    expect(buttons(renderAlert(known, { buttons: true }))).toEqual([...about, ...ofCause]);
    expect(buttons(renderDigest([known, known], { buttons: true }))).toEqual([...about, ...ofCause]);
    expect(buttons(renderDigest([known, alert()], { buttons: true }))).toEqual([]);
    expect(buttons(renderAlert(known))).toEqual([]);
    expect(JSON.stringify(renderAlert(known, { buttons: true }))).toContain("consumer silence");
  });

  it("says that it may be a repeat", () => {
    expect(JSON.stringify(renderAlert(alert({ mayBeRepeat: true })))).toContain("may be a repeat");
    expect(JSON.stringify(renderAlert(alert()))).not.toContain("may be a repeat");
  });

  it("stays within Slack's limits and pings nobody, whatever the log text is", () => {
    fc.assert(
      fc.property(
        fc.array(hostile, { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        fc.boolean(),
        ([a, b, c, d, e, f, g, h], mayBeRepeat, isKnown) => {
          const message = renderAlert(
            alert({
              service: a,
              template: b,
              samples: [c ?? "", d ?? "", e ?? "", "one too many"],
              errorCode: f,
              ...(isKnown
                ? { cause: { cause: g ?? "", action: h ?? "", origin: "proposed" } }
                : unknownWith(g ?? "", h ?? "")),
              muted: Array.from({ length: 30 }, () => ({ by: a ?? "", count: 1 })),
              mayBeRepeat,
            }),
            links,
          );
          expect(problems(message)).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(HOSTILE)("stays within them with %# everywhere", (text) => {
    const all = alert({
      service: text,
      template: text,
      samples: [text, text, text],
      errorCode: text,
      cause: { cause: text, action: text, origin: "proposed" },
      muted: Array.from({ length: 30 }, () => ({ by: text, count: 1 })),
      mayBeRepeat: true,
    });
    expect(problems(renderAlert(all, links))).toEqual([]);
    expect(problems(renderAlert({ ...all, cause: undefined, ...unknownWith(text, text) }, links))).toEqual(
      [],
    );
    expect(problems({ ...renderPlainAlert(all), blocks: [] })).toEqual([]);
    const incident = { id: text, services: [text, "cart"] };
    expect(problems(renderDigest(Array(MOST_IN_DIGEST).fill({ ...all, incident }), links))).toEqual([]);
    expect(
      problems(
        renderDigest(
          Array.from({ length: MOST_IN_DIGEST }, () => all),
          links,
        ),
      ),
    ).toEqual([]);
  });
});

const unknownWith = (pattern: string, cause: string) => ({
  nearest: Array.from({ length: 3 }, () => ({ pattern, cause, similarity: -0.5 })),
  unavailable: pattern,
});

describe("renderDigest", () => {
  it("shows every alert with its id", () => {
    const alerts = Array.from({ length: MOST_IN_DIGEST }, (_, i) =>
      alert({ id: `id-${i}`, service: `s${i % 3}`, count: 2 }),
    );
    const message = renderDigest(alerts, links);
    expect(message.text).toBe(`${MOST_IN_DIGEST} alerts from 3 services, ${2 * MOST_IN_DIGEST} lines`);
    for (const { id } of alerts) expect(JSON.stringify(message)).toContain(`\`${id}\``);
    expect(problems(message)).toEqual([]);
  });
});
