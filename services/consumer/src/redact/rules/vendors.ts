import { entropyOf } from "../checksums.ts";
import { type PatternRule, pattern } from "../rule.ts";
import { hasDigit } from "../values.ts";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/** Tokens as their vendors document them, where gitleaks has none: what each begins with, in lower case, and the whole of it. */
const FORMS: readonly (readonly [keyword: string, form: string])[] = [
  ["cfk_", "cfk_\\w{40,80}"],
  ["cfat_", "cfat_\\w{40,80}"],
  ["ccipat_", "CCIPAT_\\w{20,40}_[0-9a-f]{40}"],
  ["cciprj_", "CCIPRJ_\\w{20,40}_[0-9a-f]{40}"],
  ["bkua_", "bkua_[0-9a-f]{40}"],
  ["bkpt_", "bkpt_[0-9a-f]{40}"],
  ["mdb_sa_", "mdb_sa_sk_[\\w-]{30,64}"],
  ["nfp_", "nfp_[A-Za-z0-9]{32,44}"],
  ["rnd_", "rnd_[A-Za-z0-9]{24,40}"],
  ["squ_", "squ_[0-9a-f]{40}"],
  ["sqp_", "sqp_[0-9a-f]{40}"],
  ["sqa_", "sqa_[0-9a-f]{40}"],
  ["oy2", "oy2[a-z0-9]{43}"],
  ["sl.", "sl\\.(?:u\\.)?[\\w-]{60,2048}"],
  ["akid", "AKID[A-Za-z0-9]{32}"],
  ["a21aa", "A21AA[\\w-]{60,128}"],
  ["access_token$", "access_token\\$(?:production|sandbox)\\$[0-9a-z]{16}\\$[0-9a-f]{32}"],
  ["access-", `access-(?:sandbox|development|production)-${UUID}`],
  ["public-", `public-(?:sandbox|development|production)-${UUID}`],
  ["sdk-", `sdk-${UUID}`],
  ["mob-", `mob-${UUID}`],
  ["cfpat-", "CFPAT-[\\w-]{40,64}"],
  ["pmat-", "PMAT-[A-Z0-9]{20,40}"],
  ["ncp_iam_", "ncp_iam_[A-Za-z0-9]{20,64}"],
  ["hrku-", "HRKU-[\\w-]{30,80}"],
  ["bbdc-", "BBDC-[A-Za-z0-9+/]{40,64}"],
  ["gaaaaa", "gAAAAA[\\w-]{60,4096}={0,2}"],
  ["cfdj8", "CfDJ8[\\w-]{60,4096}"],
  [".local.", "v[1-4]\\.local\\.[\\w-]{32,4096}(?:\\.[\\w-]{1,512})?"],
  [".public.", "v[1-4]\\.public\\.[\\w-]{32,4096}(?:\\.[\\w-]{1,512})?"],
  ["atza|", "Atza\\|[\\w-]{60,2048}"],
  ["atzr|", "Atzr\\|[\\w-]{60,2048}"],
  ["amzn1.oa2-cs", "amzn1\\.oa2-cs\\.v1\\.[0-9a-f]{64}"],
  ["fm2_", "fm[12]_[\\w+/=]{60,4096}"],
  ["snyk_", "snyk_[a-z]{2,4}\\.[\\w.-]{20,400}"],
  ["fc-", "fc-[0-9a-f]{32}"],
  ["aqvn", "AQVN[\\w-]{35,38}"],
  ["t1.", "t1\\.[A-Z0-9a-z_-]{30,1024}={0,2}\\.[\\w-]{80,90}={0,2}"],
  ["ak_live_", "ak_(?:live|test)_[A-Za-z0-9]{28,40}"],
  ["phx_", "phx_[\\w-]{40,48}"],
  ["sgp_", "sgp_[0-9a-f]{16}_(?:local_)?[0-9a-f]{40}"],
  ["sbp_", "sbp_[a-z0-9]{40}"],
  ["tfp_", "tfp_[\\w-]{40,64}"],
  ["vf.", "VF\\.(?:DM|WS)\\.[0-9a-f]{24}\\.[A-Za-z0-9]{16}"],
  ["1000.", "1000\\.[0-9a-f]{32}\\.[0-9a-f]{32}"],
  ["key", "KEY[\\w-]{32}_[\\w-]{22,26}"],
  ["pk_", "pk_\\d{5,10}_[A-Z0-9]{32}"],
  ["nraa-", "NRAA-[0-9a-f]{27}"],
  ["nriq-", "NRIQ-[\\w-]{32}"],
  ["aio_", "aio_[A-Za-z0-9]{28}"],
  ["live_", "live_\\d{6,12}_[A-Za-z0-9]{30}"],
  ["_mmk", "[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk"],
  ["nf-", "NF-[A-Za-z0-9]{32}"],
  ["sec-c-", `(?:pub|sub|sec)-c-${UUID}`],
  ["pub-c-", `pub-c-${UUID}`],
  ["sub-c-", `sub-c-${UUID}`],
  ["slk_", "slk_[0-9a-f]{64}"],
  ["bbff-", "BBFF-[A-Za-z0-9]{30,36}"],
  ["flb_live_", "flb_live_[A-Za-z0-9]{20}"],
  ["sk_", "sk_[0-9a-f]{48}"],
  ["azdo", "[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}"],
  ["exponentpush", "Expo(?:nent)?PushToken\\[[\\w-]{16,64}\\]"],
];

const isRandom = (value: string) =>
  hasDigit(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) && entropyOf(value) >= 3.7;
const before = ({ input, index }: RegExpExecArray) => input.slice(Math.max(0, index - 32), index);

/** Tokens of vendors that few know, and of those that nobody has listed: a name, and much that is random. */
export const VENDOR_RULES: readonly PatternRule[] = [
  {
    id: "vendor-token",
    kind: "token",
    keywords: FORMS.map(([keyword]) => keyword),
    pattern: pattern(`(?<![A-Za-z0-9])(?:${FORMS.map(([, form]) => form).join("|")})(?![A-Za-z0-9])`),
  },
  // SSWS 00…, as Okta's header has it
  {
    id: "okta",
    kind: "token",
    keywords: ["ssws"],
    pattern: pattern(/\bSSWS\s{1,4}([\w-]{20,64})/),
  },
  // Rails' and Django's signed values: Base64, and a digest behind it
  {
    id: "signed-value",
    kind: "cookie",
    keywords: ["--"],
    pattern: pattern(/(?<![\w+/=%-])[\w+/]{24,4096}={0,2}(?:%3D){0,2}--[0-9a-f]{40,64}(?![\w-])/),
    isSecret: isRandom,
  },
  // acme_pat_…, pi_…_secret_…: the last word says what it is
  {
    id: "named-token",
    kind: "token",
    keywords: ["pat", "tkn", "token", "sk", "key", "secret", "pw", "cred"],
    pattern: pattern(/(?<=(?:pats?|tkn|token|sk|key|secret|pw|creds?)[_-])[A-Za-z0-9]{20,255}(?![\w-])/, "i"),
    isSecret: isRandom,
  },
  // acme_…: nothing but a key is that long and as random
  {
    id: "prefixed-random",
    kind: "token",
    digits: 1,
    run: 34,
    keywords: ["_", "-"],
    pattern: pattern(/(?<=[A-Za-z0-9][_-])[A-Za-z0-9]{32,255}(?![\w-])/),
    isSecret: (value, match) =>
      isRandom(value) &&
      entropyOf(value) >= 4.2 &&
      !/(?:sha\d{1,3}|md5|blake\d?\w?)[_-]$/i.test(before(match)),
  },
];
