import { entropyOf } from "../checksums.ts";
import gitleaks from "../gitleaks.json" with { type: "json" };
import { type PatternRule, pattern } from "../rule.ts";
import { hasDigit } from "../values.ts";

/** Tokens that say by their form whose they are; gitleaks' rules come after these. */
const OWN: readonly PatternRule[] = [
  {
    id: "private-key",
    kind: "private-key",
    keywords: ["private key", "private-lines"],
    pattern: pattern(
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----((?:[\s\S]{0,8192}?(?=-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)|[\s\S]{0,8192}))|Private-Lines: \d{1,4}\s{1,4}([A-Za-z0-9+/=]{1,80}(?:\s{1,2}(?!Private-)[A-Za-z0-9+/=]{1,80}){0,200})/,
    ),
    isSecret: (value) => /[A-Za-z0-9]/.test(value),
  },
  {
    id: "private-key-base64",
    kind: "private-key",
    keywords: ["ls0tls1crudjti"],
    // "-----BEGIN " and "PRIVATE KEY", which begins at each of three places.
    pattern: pattern(
      /LS0tLS1CRUdJTi[A-Za-z0-9+/]{0,40}(?:UFJJVkFURSBLRV|QUklWQVRFIEtF|BSSVZBVEUgS0V)(?:[A-Za-z0-9+/]|\\[nr]|\s{1,2}[A-Za-z0-9+/]{16}){0,16384}={0,2}/,
    ),
  },
  {
    id: "putty-mac",
    kind: "private-key",
    keywords: ["private-mac"],
    pattern: pattern(/Private-MAC: ([0-9a-f]{40,64})/),
  },
  {
    id: "jwt",
    kind: "jwt",
    keywords: ["eyj"],
    pattern: pattern(/\beyJ[\w-]{8,4096}(?:\.[\w-]{0,4096}){1,5}/),
  },
  {
    id: "jwt-base64",
    kind: "jwt",
    keywords: ["zxlk"],
    pattern: pattern(/\bZXlK[A-Za-z0-9+/]{60,4096}={0,2}/),
  },
  {
    id: "jwk-private",
    kind: "private-key",
    keywords: ['"kty"'],
    pattern: pattern(/"(?:d|p|q|dp|dq|qi|k)"\s{0,2}:\s{0,2}"([\w-]{16,2048})"/),
  },
  {
    id: "aws-access-key",
    kind: "aws-key",
    keywords: ["akia", "asia", "aroa", "aida", "agpa", "anpa", "anva", "abia", "acca"],
    pattern: pattern(
      /(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/,
    ),
  },
  {
    id: "aws-session-token",
    kind: "aws-key",
    keywords: ["fwogzxivyxdz", "iqojb3jpz2lu", "fqogzxivyxdz", "aqodyxdz"],
    pattern: pattern(/(?:FwoGZXIvYXdz|IQoJb3JpZ2lu|FQoGZXIvYXdz|AQoDYXdz)[A-Za-z0-9/+=]{20,4096}/),
  },
  {
    id: "aws-secret-key",
    kind: "secret",
    digits: 1,
    run: 40,
    pattern: pattern(/(?:(?<![\w/+=.-])|(?<=\ue000[/:]))[A-Za-z0-9/+]{40}(?![\w/+=-])/),
    isSecret: (value) =>
      hasDigit(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) && entropyOf(value) >= 3.5,
  },
  {
    id: "prefixed-token",
    kind: "token",
    keywords:
      "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- glrt- gldt- glptt- glcbt- glft- glsoat- gloas- xox xapp- sk- sk_ rk_ pk_ gsk_ aiza ya29. gocspx- npm_ pypi- dop_v1 doo_v1 dor_v1 sg. hf_ r8_ whsec_ dckr_ hvs. hvb. hvr. atatt3x atctt3x shpat shpca shppa shpss sq0 lin_api_ ntn_ secret_ figd_ nrak- nrii- nral nrjs- pmak- dapi age-secret key- eaa atlasv1 glc_ glsa_ sntrys_ sntryu_ pplx- xai- lsv2_ pcsk_ tvly- nvapi- live_sk test_sk live_gsk test_gsk live_ck test_ck rzp_ dp. dp.pt ops_ey q~ azdo atsv abia absk cfut_ fo1_ dt0c01 pat- xkeysib- mlsn. re_ sbp_ sb_secret_ vercel_ napi_ ory_ rubygems_ pul- cio dnkey tskey- b2_ fpat".split(
        " ",
      ),
    pattern: pattern(
      /(?<![A-Za-z0-9])(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|gl(?:pat|rt|dt|ptt|cbt|ft|soat|oas|imt|agent)-[\w.-]{16,255}|xox[abceoprs](?:\.xox[bp])?[.-][\w.-]{8,255}|xapp-[\w-]{8,255}|sk-(?:proj-|ant-|or-|lf-|svcacct-|admin-)?[\w-]{16,255}|gsk_\w{20,128}|(?:sk|rk|pk)_(?:live|test|prod)_\w{8,128}|(?:live|test)_g?[sc]k_\w{16,128}|AIza[\w-]{30,64}|ya29\.[\w-]{16,512}(?:\.[\w-]{1,512})?|GOCSPX-[\w-]{20,64}|npm_\w{30,64}|pypi-[\w-]{30,255}|do[opr]_v1_[0-9a-f]{32,128}|SG\.[\w-]{10,64}\.[\w-]{10,128}|hf_\w{20,64}|r8_\w{20,64}|whsec_[\w+/=]{16,128}|dckr_(?:pat|oat)_[\w-]{16,64}|hv[sbr]\.[\w-]{20,300}|AT[AC]TT3x[\w=-]{20,255}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,64}|sq0(?:atp|csp|idp)-[\w-]{16,64}|lin_api_\w{20,64}|(?:ntn|secret)_[A-Za-z0-9]{20,64}|figd_[\w-]{20,64}|NR(?:AK|II|JS)-[A-Za-z0-9-]{18,40}|[0-9a-f]{36}NRAL|PMAK-[\w-]{20,80}|dapi[0-9a-f]{32}(?:-\d)?|AGE-SECRET-KEY-1[A-Z0-9]{40,70}|key-[0-9a-f]{32}|EAA[A-Za-z0-9]{40,255}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,80}|glc_[\w+/=-]{32,400}|glsa_[\w-]{30,60}|sntry[su]_[\w+/=-]{30,400}|pplx-\w{30,80}|xai-\w{40,120}|lsv2_[a-z]{2}_\w{20,80}|pcsk_\w{20,120}|tvly-[\w-]{20,64}|nvapi-[\w-]{40,100}|rzp_(?:live|test)_\w{10,40}|dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{20,80}|ops_eyJ[\w+/=-]{40,2048}|[\w~.-]{3}\dQ~[\w~.-]{31,40}|ABSK[A-Za-z0-9+/]{100,280}={0,2}|xkeysib-[\w-]{40,120}|mlsn\.[0-9a-f]{40,80}|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,40}|sb[p]_[0-9a-f]{40}|sb_secret_[\w-]{20,80}|napi_\w{40,80}|ory_[a-z]{2}_[\w-]{30,80}|rubygems_[0-9a-f]{48}|pul-[0-9a-f]{40}|cio[A-Za-z0-9]{32}|tskey-[a-z]{3,8}-[\w-]{20,80}|pat-(?:na|eu)\d-[0-9a-f-]{36})/,
    ),
  },
  // Base64 of {"auths":…: a registry's login, as Docker and Kubernetes keep it
  {
    id: "registry-login",
    kind: "token",
    keywords: ["eyjhdxrocyi6"],
    pattern: pattern(/\beyJhdXRocyI6[A-Za-z0-9+/]{20,8192}={0,2}/),
  },
  {
    id: "twilio-sid",
    kind: "token",
    digits: 4,
    keywords: ["ac", "sk"],
    pattern: pattern(/(?<![A-Za-z0-9])(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])/),
  },
  {
    id: "google-oauth",
    kind: "token",
    keywords: ["1//0", "4/0a"],
    pattern: pattern(/(?<![\w/])(?:1\/\/0|4\/0A)[\w-]{20,512}/),
  },
  {
    id: "fcm-server-key",
    kind: "token",
    keywords: [":apa91b"],
    pattern: pattern(/(?<![\w-])[\w-]{8,32}:APA91b[\w-]{20,512}/),
  },
  {
    id: "mailchimp",
    kind: "token",
    keywords: ["-us"],
    pattern: pattern(/(?<![\w-])[0-9a-f]{32}-us\d{1,2}(?!\w)/),
  },
  {
    id: "discord-bot",
    kind: "token",
    keywords: ["."],
    pattern: pattern(/(?<![\w.-])[MNO][\w-]{22,28}\.[\w-]{6}\.[\w-]{27,64}(?![\w.-])/),
    isSecret: hasDigit,
  },
  {
    id: "kubeadm-token",
    kind: "token",
    digits: 1,
    keywords: ["token", "kubeadm"],
    pattern: pattern(/(?<![\w.])([a-z0-9]{6}\.[a-z0-9]{16})(?![\w.])/),
    isSecret: hasDigit,
  },
  {
    id: "fernet-key",
    kind: "secret",
    keywords: ["="],
    run: 43,
    pattern: pattern(/(?<![\w+/=:.-])[A-Za-z0-9+/_-]{43}=(?![\w=+/])/),
    isSecret: (value) => hasDigit(value) && /[A-Z]/.test(value) && /[a-z]/.test(value),
  },
  {
    id: "base64-key",
    kind: "secret",
    keywords: ["=="],
    pattern: pattern(/(?<![\w+/=:.-])[A-Za-z0-9+/]{86}==(?![\w=+/])/),
    isSecret: hasDigit,
  },
  // Long, and as random as letters and digits can be: an Azure DevOps token, and those of who has no prefix.
  {
    id: "long-random",
    kind: "token",
    digits: 6,
    run: 50,
    pattern: pattern(/(?<![\w+/=:.-])[A-Za-z0-9]{50,512}(?![\w+/=-])/),
    isSecret: (value) =>
      hasDigit(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) && entropyOf(value) >= 4.6,
  },
];

/** Rules of a configuration's value: an assignment, in which a name of the language is no key. */
const IS_ASSIGNMENT = /=\|>\|/;

const FOREIGN: readonly PatternRule[] = gitleaks.rules.map(
  ({ id, pattern: source, flags, keywords, entropy }) => ({
    id,
    kind: "token",
    keywords,
    pattern: pattern(source, flags),
    isSecret: (value) =>
      (entropy === undefined || entropyOf(value) >= entropy) &&
      (!IS_ASSIGNMENT.test(source) || hasDigit(value)),
  }),
);

export const TOKEN_RULES: readonly PatternRule[] = [...OWN, ...FOREIGN];
