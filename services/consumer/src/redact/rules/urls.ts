import { type PatternRule, pattern } from "../rule.ts";
import { hasDigit, isPlaceholder, looksRandom } from "../values.ts";

/** Words of a path behind which a token stands. */
const PATH_WORDS =
  "reset(?:[-_]?password)?|password[-_]?reset|verify(?:[-_]?email)?|verification|invite|invitations?|magic(?:[-_]?link)?|activate|activation|confirm(?:ation)?|unsubscribe|token|tokens|webhooks?(?:b2)?(?:/\\d{1,20})?|hooks?|share|shared|auth|login|session|sso|key|keys|apikey|access|recover|app-?keys?|download|signed|v[234]|catch(?:/\\d{1,12})?|IncomingWebhook|rpc|secret|with/key";

/** What addresses carry: users with passwords, and tokens as a part of the path. */
export const URL_RULES: readonly PatternRule[] = [
  // scheme://user:password@host
  {
    id: "url-password",
    kind: "password",
    keywords: ["://"],
    pattern: pattern(/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{0,128}:([^\s"'<>]{1,256})@/i),
    isSecret: (value) => !isPlaceholder(value),
  },
  // scheme://token@host
  {
    id: "url-user-token",
    kind: "token",
    keywords: ["://"],
    pattern: pattern(/\b[a-z][a-z0-9+.-]{1,20}:\/\/([^\s:@/"'<>]{12,256})@/i),
    isSecret: (value) => looksRandom(value, 12),
  },
  // jdbc:oracle:thin:user/password@host, user:password@tcp(host)
  {
    id: "oracle-password",
    kind: "password",
    keywords: ["jdbc:oracle"],
    pattern: pattern(/\bjdbc:oracle:[a-z]{2,8}:[^\s/@]{1,64}\/([^\s@"'<>]{1,128})@/i),
  },
  {
    id: "go-dsn-password",
    kind: "password",
    keywords: ["@tcp(", "@udp(", "@unix("],
    pattern: pattern(/\b[\w.-]{1,64}:([^\s:@/"'<>]{1,128})@(?:tcp|udp|unix)\(/),
  },
  {
    id: "webhook",
    kind: "webhook",
    keywords: ["hooks.", "/webhook", "webhook.", "chat.googleapis", "maker.ifttt"],
    pattern: pattern(
      /https:\/\/(?:hooks\.slack\.com|discord(?:app)?\.com\/api\/webhooks|(?:ptb\.|canary\.)?discord\.com\/api(?:\/v\d+)?\/webhooks|[\w.-]{1,63}\.webhook\.office\.com|outlook\.office(?:365)?\.com\/webhook|hooks\.zapier\.com|chat\.googleapis\.com\/v1\/spaces|maker\.ifttt\.com\/trigger|hook\.[\w.]{1,20}make\.com|hooks\.[\w.-]{1,63})\/([^\s"'<>]{1,1024})/i,
    ),
  },
  // Addresses whose path is the key of who may send there.
  {
    id: "intake",
    kind: "token",
    keywords: [
      "loggly.com/",
      "datadoghq.",
      "sumologic.com/",
      "pagerduty.com/integration/",
      "victorops.com/",
      "hc-ping.com/",
      "betterstack.com/",
      "cronitor.link/",
      "feishu.cn/",
      "larksuite.com/",
      "webhook.site/",
      "openapi.seoul.go.kr",
      "openapi.foodsafetykorea.go.kr",
      "openapi.gg.go.kr",
    ],
    pattern: pattern(
      /[\w-]{1,63}\.(?:loggly\.com\/(?:inputs|bulk)|datadoghq\.(?:com|eu)\/(?:api\/)?v\d\/(?:input|logs)|(?:[\w-]{1,20}\.)?sumologic\.com\/receiver\/v1\/http|pagerduty\.com\/integration|victorops\.com\/integrations\/[\w/-]{1,80}\/alert|betterstack\.com\/api\/v\d\/heartbeat|feishu\.cn\/open-apis\/bot\/v\d\/hook|larksuite\.com\/open-apis\/bot\/v\d\/hook|(?:seoul|foodsafetykorea)\.go\.kr(?::\d{2,5})?(?:\/api)?)\/([\w+/=-]{16,1024}?)(?=$|[\s"'<>?]|\/(?:tag|enqueue|json|xml)\b)|\b(?:hc-ping\.com|cronitor\.link\/p|webhook\.site)\/([\w-]{16,64})/,
      "i",
    ),
  },
  // rtmp://live.example.com/app/…: who knows it sends
  {
    id: "stream-key",
    kind: "token",
    keywords: ["rtmp"],
    pattern: pattern(/\brtmps?:\/\/[^\s/]{1,253}\/[\w-]{1,64}\/([^\s"'<>?]{8,256})/, "i"),
  },
  // /api/v1/…/telemetry: a device's token
  {
    id: "device-token",
    kind: "token",
    keywords: ["/telemetry", "/attributes", "/rpc"],
    pattern: pattern(/\/api\/v1\/([A-Za-z0-9]{20})\/(?:telemetry|attributes|rpc)\b/),
  },
  // ?key=…, where the key is a UUID
  {
    id: "query-key",
    kind: "secret",
    keywords: ["?key=", "&key="],
    pattern: pattern(/[?&]key=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w-])/, "i"),
  },
  {
    id: "telegram-bot",
    kind: "token",
    digits: 8,
    run: 32,
    pattern: pattern(
      /(?<!\d)(\d{5,16}:A[\w-]{32,36}|(?<=tgram:\/\/|telegram\W{1,4})\d{5,16}:[\w-]{32,36})(?![\w-])/,
    ),
  },
  {
    id: "path-token",
    kind: "token",
    keywords: ["/"],
    pattern: pattern(`/(?:${PATH_WORDS})/((?:[A-Za-z0-9_~.-]|<[A-Z*]{1,8}>){7,512})`, "i"),
    isSecret: (value, match) =>
      /catch/.test(match[0])
        ? hasDigit(value)
        : /^\/app-?key/i.test(match[0])
          ? looksRandom(value)
          : !/\.(?:js|css|ts|map|html?|php|json|png|jpe?g|svg|log|gz)$/i.test(value) &&
            looksRandom(value, 20),
  },
];
