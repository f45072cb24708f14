import {
  digitsOf,
  hasBirthDate,
  hasEanDigit,
  hasLuhnDigit,
  ibanLength,
  isResidentNumber,
} from "../checksums.ts";
import { type PatternRule, pattern } from "../rule.ts";
import { hasDigit } from "../values.ts";

const before = ({ input, index }: RegExpExecArray, length = 32) =>
  input.slice(Math.max(0, index - length), index);
const digitCount = (text: string) => digitsOf(text).length;

/** The issuers' ranges of card numbers, and 9 for cards of Korea alone. */
const CARD =
  /^(?:4\d{15}|4\d{18}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|62\d{14,17}|35(?:2[89]|[3-8]\d)\d{12}|(?:5[06-8]|6[0-9])\d{14})$/;
const isCard = (value: string, match: RegExpExecArray) => {
  const number = value.replaceAll(/\D/g, "");
  if (!/^[2-69]/.test(number) || !hasLuhnDigit(number)) return false;
  return (
    CARD.test(number) ||
    (/^9\d{15}$/.test(number) && (/\D/.test(value) || /카드|card|pan\b/i.test(before(match))))
  );
};

/** What a version is introduced by. */
const VERSION =
  /(?:\bv|ver(?:sion)?s?|release|rev(?:ision)?|build|driver|firmware|schema|section|chapter|semver|(?:(?:up|down)grad|updat)\w* (?:from )?(?:[\w.]{1,24} to)?|oid|(?:chrome|edg[ae]?|opr|safari|firefox|whale|nginx|php|node|java|agent|crios)\/)["':=\s]{0,3}$/i;
const isAddress = (value: string, match: RegExpExecArray) => {
  if (/^(?:127\.|0\.0\.0\.0$|255\.)/.test(value) || /\.0\.0$/.test(value)) return false;
  return !VERSION.test(before(match)) && !/^-[a-z]/i.test(match.input.slice(match.index + match[0].length));
};
const isAddress6 = (value: string) =>
  hasDigit(value) &&
  (value.split(":").length > 4 || /^::f{4}|\d[a-f]|[a-f]\d|\d{3}/i.test(value)) &&
  value.length > 4;

/** As images are named after the density that they are for. */
const FILE_OF_DENSITY = /@\dx\.(?:png|jpe?g|gif|webp|svg|avif)$/i;

/** Where a number is called what it is, whatever its form. */
const NUMBER_LABELS = [
  "주민\\s?(?:등록)?\\s?번호?|외국인\\s?(?:등록)?\\s?번호?|거소\\s?(?:신고)?\\s?번호|여권\\s?번호?|운전\\s?면허(?:\\s?번호)?|면허\\s?번호|사업자\\s?(?:등록)?\\s?번호?|법인\\s?(?:등록)?\\s?번호?",
  "계좌\\s?(?:번호)?|예금주|입금|출금|이체|[가-힣A-Z]{1,6}(?:은행|뱅크|농협|수협|신협|금고|저축)|농협|신한|국민|우리|하나|기업|카드\\s?(?:번호)?|전화\\s?(?:번호)?|휴대\\s?(?:폰|전화)(?:\\s?번호)?|핸드폰|연락처|수신\\s?번호|발신\\s?번호",
  "rrn|jumin|resident[ _-]?(?:registration)?[ _-]?(?:no|number)|ssn|social[ _-]?security|passport(?:[ _-]?(?:no|number))?|driver'?s?[ _-]?licen[cs]e|licen[cs]e[ _-]?(?:no|number)|(?:bank|payout|iban|beneficiary)[ _-]?(?:account)?(?:[ _-]?(?:no|number))?|acc(?:oun)?t[ _-]?(?:no|num|number)|account(?==)|(?<=routing[\\s\\w:=#,]{0,24})account|card[ _-]?(?:no|num|number)?|pan|(?:phone|mobile|tel|fax)(?:[ _-]?(?:no|num|number))?|msisdn|cell(?:phone)?|tax[ _-]?id|ein|sin|nino|aadhaar",
].join("|");
/** None of these names is without one of them. */
const NUMBER_KEYWORDS = [
  "주민 외국인 거소 여권 면허 사업자 법인 계좌 예금주 입금 출금 이체 은행 뱅크 농협 수협 신협 금고 저축 신한 국민 우리 하나 기업 카드 전화 휴대 핸드폰 연락처 수신 발신",
  "rrn jumin resident ssn social passport licen bank payout iban beneficiary acct account card pan phone mobile tel fax msisdn cell tax ein sin nino aadhaar",
].flatMap((words) => words.split(" "));

/** What belongs to a person, and the addresses of machines. */
export const PERSONAL_RULES: readonly PatternRule[] = [
  {
    id: "email",
    kind: "email",
    keywords: ["@"],
    pattern: pattern(
      /(?<![\p{L}\p{N}_.%+-])[\p{L}\p{N}_.%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/u,
    ),
    isSecret: (value) =>
      /\.(?:\p{L}{2,}|xn--[\w-]+)\d{0,2}$/u.test(value) &&
      !value.startsWith("git@") &&
      !FILE_OF_DENSITY.test(value),
  },
  // kim[at]example.com, kim (at) example [dot] com
  {
    id: "email-spelled",
    kind: "email",
    keywords: ["at", "골뱅이"],
    pattern: pattern(
      /(?<![\w.+-])[\w.+-]{1,64}\s?(?:[[({]\s?(?:at|골뱅이)\s?[\])}]\s?[a-z\d-]{1,63}(?:\s?(?:\.|[[({]\s?dot\s?[\])}])\s?[a-z\d-]{2,63}){1,4})/,
      "i",
    ),
  },
  // kim @ example.com
  {
    id: "email-spaced",
    kind: "email",
    keywords: [" @ "],
    pattern: pattern(
      /(?<![\w.+-])[\w.+-]{1,64} @ [a-z\d-]{1,63}(?:\.[a-z\d-]{2,63}){0,3}\.(?:com|net|org|io|kr|jp|cn|de|fr|uk|eu)(?![\w.-])/,
      "i",
    ),
  },
  {
    id: "resident-number",
    kind: "resident-number",
    digits: 12,
    pattern: pattern(/(?<!\d)(?<![\d][-.])(\d{6}(?:\s{0,2}[-–._/~·,:]\s{0,2}|\s{1,3})[0-9]\d{6})(?!\d|-\d)/),
    isSecret: hasBirthDate,
  },
  {
    id: "resident-number-starred",
    kind: "resident-number",
    digits: 7,
    pattern: pattern(/(?<![\d-])(\d{6}\s?[-–]?\s?[1-8][*xX●•]{6})/),
  },
  {
    id: "resident-number-joined",
    kind: "resident-number",
    digits: 13,
    pattern: pattern(/(?<![\d.])\d{13}(?!\d|\.\d)/),
    isSecret: (value, match) =>
      hasBirthDate(value) &&
      !hasEanDigit(value) &&
      (isResidentNumber(value) ||
        /주민|외국인|등록|신분|실명|rrn|ssn|jumin|resident|customer|member|회원|고객/i.test(match.input)) &&
      !/상품|바코드|barcode|ean|gtin|upc|isbn|epoch|offset|주문|order|timestamp/i.test(before(match, 16)),
  },
  // Track 2 of a magnetic stripe (ISO/IEC 7813): number, =, expiry, service code and the issuer's data, which has the CVV
  {
    id: "card-track",
    kind: "card",
    also: ["="],
    digits: 18,
    pattern: pattern(/(?<![\d.])\d{14,19}=\d{4,64}/),
    isSecret: (value, match) => isCard(value.slice(0, value.indexOf("=")), match),
  },
  {
    id: "card",
    kind: "card",
    digits: 14,
    pattern: pattern(
      /(?<![\d.])(?:\d{4}([ ._-])\d{4}\1\d{4}\1\d{4}|\d{4}([ ._-])\d{6}\2\d{4,5}|\d{14,19})(?![\d])(?!\.\d)/,
    ),
    spans: (match) => [match.indices?.[0] as [number, number]],
    isSecret: (_, match) => isCard(match[0], match),
  },
  {
    id: "labelled-number",
    kind: "account",
    keywords: NUMBER_KEYWORDS,
    digits: 7,
    pattern: pattern(
      `(?<![A-Za-z])(?:${NUMBER_LABELS})["']?[\\s:=(#\\["'.]{0,6}(?:(?:no|number|번호|은|는|이|가|로|에|from|to)\\.?[\\s:=(\\["']{1,4})?(\\+?\\(?\\d(?:[\\s()./_-]{0,2}\\d){5,24})(?![\\d])`,
      "i",
    ),
    isSecret: (value, match) => {
      const count = digitCount(value);
      const label = match[0].slice(0, match[0].length - value.length);
      if (/카드|card|pan/i.test(label)) return count >= 12;
      if (/^(?:입금|출금|이체|우리|하나|국민|기업|신한)/.test(label)) return count >= 10 && /-/.test(value);
      if (/여권|passport/i.test(label)) return count >= 7;
      return count >= 8;
    },
  },
  {
    id: "passport",
    kind: "passport",
    digits: 6,
    pattern: pattern(
      /(?:여권\s?(?:번호)?|passport(?:[ _-]?(?:no|num|number))?)["']?[\s:=(#."'은는]{0,6}([A-Z]{1,2}\d{3}[A-Z]?\d{3,5}|[A-Z0-9]{8,9})(?![A-Za-z0-9])/,
      "i",
    ),
    isSecret: (value) => digitCount(value) >= 6,
  },
  {
    id: "passport-zone",
    kind: "passport",
    keywords: ["<"],
    pattern: pattern(
      /(?<![A-Za-z0-9])(?:[PIACV][A-Z<][A-Z]{3}[A-Z0-9<]{20,80}(?:\s{1,2}[A-Z0-9<]{28,44}){0,2}|[A-Z0-9<]{9}\d[A-Z<]{3}\d{6}\d[MFX<]\d{6}\d[A-Z0-9<]{2,16}|\d{7}[MFX<]\d{7}[A-Z<]{3}[A-Z0-9<]{11}\d)/,
    ),
    isSecret: (value) => value.includes("<<") || (value.includes("<") && digitCount(value) >= 6),
  },
  {
    id: "iban",
    kind: "iban",
    digits: 6,
    pattern: pattern(
      /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])/,
    ),
    isSecret: (value) => ibanLength(value) > 0,
    spans: ({ 0: value, index }) => [[index, index + ibanLength(value)]],
  },
  {
    id: "social-security-number",
    kind: "social-security-number",
    digits: 9,
    pattern: pattern(/(?<![\w-])(?!000|666|9)\d{3}-\d{2}-\d{4}(?![\w-])/),
  },
  // A Korean driver's licence, with its region or the number of it.
  {
    id: "licence",
    kind: "licence",
    digits: 10,
    pattern: pattern(
      /(?<![\w-])(?:\d{2}|서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산)[- ]\d{2}-\d{6}-\d{2}(?![\w-])/,
    ),
  },
  {
    id: "birth-date",
    kind: "birth-date",
    digits: 4,
    keywords: ["생년", "생일", "birth", "dob", "born", "출생"],
    pattern: pattern(
      /(?:생년\s?월일|생일|출생일?|birth[ _-]?(?:date|day)?|date of birth|\bdob|\bborn(?: on)?)["']?[\s:=(은는"']{1,6}(\d{1,2}\s?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?,?\s?\d{4}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?\s\d{1,2},?\s\d{4}|\d{1,4}\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,4}일?|\d{6}(?:\d{2})?(?!\d))/,
      "i",
    ),
  },
  // Korea's, with its country code or without, in any separators.
  {
    id: "phone-korea",
    kind: "phone",
    digits: 8,
    pattern: pattern(
      /(?<![\w.:-])(?:(?:\+|00)?82[\s.-]{0,2}\(?0?\)?[\s.-]{0,2}(?:1[016789]|2|[3-6][1-5]|70)[\s./)-]{0,2}\d{3,4}[\s./-]{0,2}\d{4}|\(?01[016789]\)?[\s./·_-]{0,2}\d{3,4}[\s./·_-]{0,2}\d{4}|\(?0(?:2|[3-6][1-5]|70|80|50\d)(?:\)[\s./-]{0,2}|[\s./-]{1,2})\d{3,4}[\s./-]{1,2}\d{4})(?![\w-])/,
    ),
  },
  {
    id: "phone",
    kind: "phone",
    digits: 8,
    pattern: pattern(
      /(?<![\w.:-])(?:\+\d{1,3}[ .-]?(?:\(0\) ?)?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,4}|0\d{1,3}[ .-]\d{3,4}[ .-]\d{4}|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4})(?![\w-])/,
    ),
    isSecret: (value) => digitCount(value) >= 8,
  },
  {
    id: "account",
    kind: "account",
    digits: 10,
    pattern: pattern(/(?<![\w.:-])\d{3,6}-\d{2,6}-\d{5,8}(?:-\d{1,3})?(?![\w-])/),
  },
  {
    id: "mac",
    kind: "mac",
    pattern: pattern(/(?<![\w:-])[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})(?![\w:-])/, "i"),
  },
  {
    id: "mac-labelled",
    kind: "mac",
    keywords: ["mac"],
    pattern: pattern(/\bmac(?:[ _-]?addr(?:ess)?)?["']?[=: ]{1,3}["']?([0-9a-f]{12})(?![\w-])/, "i"),
  },
  {
    id: "mac-dotted",
    kind: "mac",
    digits: 1,
    pattern: pattern(/(?<![\w.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![\w.])/, "i"),
    isSecret: (value) => /[a-f]/i.test(value) && hasDigit(value),
  },
  {
    id: "ipv4",
    kind: "ip",
    digits: 4,
    pattern: pattern(
      /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\w)(?!\.\d)/,
    ),
    isSecret: isAddress,
  },
  // As hosts are named after their address: ip-10-20-30-40, ec2-3-35-7-201, 10-1-2-3.default.pod
  {
    id: "host-of-ip",
    kind: "ip",
    digits: 4,
    keywords: ["-"],
    pattern: pattern(
      /(?<![\w.-])(?:(?:ip|ec2|host|vm|static|dyn|dynamic|dhcp|pool|client|adsl|dsl|cpe|customer)-\d{1,3}(?:-\d{1,3}){3}|\d{1,3}(?:-\d{1,3}){3}(?=\.[a-z]))(?![\w-])/,
      "i",
    ),
  },
  {
    id: "ipv6",
    kind: "ip",
    keywords: ["::", ":"],
    pattern: pattern(
      /(?<![\w:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}|::(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){2,7}:)(?![\w:])/,
      "i",
    ),
    isSecret: isAddress6,
  },
];
