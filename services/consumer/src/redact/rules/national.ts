import { digitsOf, hasLuhnDigit } from "../checksums.ts";
import { type PatternRule, pattern } from "../rule.ts";

/** What stands between the numbers of a plate. */
const PLATE = "[가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자배하허호]";

/** Whether digits weighted so give that rest over 11; a rest of 10 is said as 0. */
const rest11 = (digits: readonly number[], weights: readonly number[]) =>
  weights.reduce((sum, weight, place) => sum + weight * (digits[place] ?? 0), 0) % 11;
const descending = (from: number, count: number) => Array.from({ length: count }, (_, place) => from - place);

/** Brazil's: two check digits, each over all before it. */
function isBrazilian(value: string, weightsOf: (count: number) => number[]): boolean {
  const digits = digitsOf(value);
  if (new Set(digits).size === 1) return false;
  return [digits.length - 2, digits.length - 1].every((place) => {
    const rest = rest11(digits, weightsOf(place));
    return digits[place] === (rest < 2 ? 0 : 11 - rest);
  });
}
const cpfWeights = (count: number) => descending(count + 1, count);
const cnpjWeights = (count: number) => [...descending(count - 7, count - 8), ...descending(9, 8)];

/** China's resident identity number: region, birth date, and a check character (GB 11643). */
function isChinese(value: string): boolean {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  return "10X98765432"[rest11(digitsOf(value.slice(0, 17)), weights)] === value.at(-1)?.toUpperCase();
}

const LABELS = [
  "cpf|cnpj|dni|nie|nif|rut|curp|rfc|codice\\s?fiscale|pesel|nino|nhs(?:\\s?(?:no|number))?|aadha?ar(?:\\s?(?:no|number))?|pan(?:\\s?(?:card|no|number))?|tfn|bsn|personnummer|hetu|steuer-?id(?:nummer)?|my\\s?number",
  "national\\s?(?:insurance|id(?:entity)?)(?:\\s?(?:no|number))?|id\\s?card(?:\\s?(?:no|number))?|health\\s?insurance(?:\\s?(?:no|number))?|tax(?:payer)?\\s?(?:id|no|number)|driv(?:er|ing)'?s?\\s?licen[cs]e(?:\\s?(?:no|number))?",
  "身份证(?:号码?)?|護照|护照(?:号码?)?|手机号?码?|电话(?:号码?)?|银行卡号?|卡号|マイナンバー|個人番号|電話番号|口座番号|免許証番号|건강보험(?:증)?\\s?번호|운전\\s?면허(?:\\s?번호)?",
].join("|");
/** None of them is without one of these. */
const LABEL_KEYWORDS = [
  "cpf cnpj dni nie nif rut curp rfc codice pesel nino nhs aadhaar aadhar pan tfn bsn personnummer hetu steuer number national card insurance tax licen",
  "身份证 護照 护照 手机 电话 银行 卡号 マイナンバー 個人番号 電話番号 口座番号 免許証番号 건강보험 면허",
].flatMap((words) => words.split(" "));
/** What means other things, too: its number has letters. */
const WITH_LETTERS = /^(?:rfc|pan|nie|nino|curp|codice)/i;

/** What states and makers number people, their cars and their devices with, outside of Korea's resident numbers. */
export const NATIONAL_RULES: readonly PatternRule[] = [
  {
    id: "national-number",
    kind: "national-number",
    keywords: LABEL_KEYWORDS,
    digits: 4,
    pattern: pattern(
      `(?<![\\p{L}\\p{N}])(?:${LABELS})["']?[\\s:=(#\\["'.]{1,4}([A-Z0-9](?:[./-]?[A-Z0-9]| (?=[A-Z]{0,3}\\d|[A-Z](?![A-Z]))[A-Z0-9]){6,20})(?![A-Z0-9])`,
      "iu",
    ),
    isSecret: (value, match) =>
      digitsOf(value).length >= 4 &&
      value.replaceAll(/\W/g, "").length >= 8 &&
      !/^\d{4}-\d{2}-\d{2}/.test(value) &&
      (/[A-Za-z]/.test(value) || !WITH_LETTERS.test(match[0])),
  },
  {
    id: "cpf",
    kind: "national-number",
    digits: 11,
    pattern: pattern(/(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])/),
    isSecret: (value) => isBrazilian(value, cpfWeights),
  },
  {
    id: "cnpj",
    kind: "national-number",
    digits: 14,
    pattern: pattern(/(?<![\w.-])\d{2}\.\d{3}\.\d{3}\/\d{4}-\d{2}(?![\w-])/),
    isSecret: (value) => isBrazilian(value, cnpjWeights),
  },
  {
    id: "chinese-identity",
    kind: "national-number",
    digits: 17,
    pattern: pattern(
      /(?<![\w.])[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\w])/,
    ),
    isSecret: isChinese,
  },
  {
    id: "codice-fiscale",
    kind: "national-number",
    digits: 7,
    pattern: pattern(/(?<![A-Za-z0-9])[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z](?![A-Za-z0-9])/),
  },
  {
    id: "curp",
    kind: "national-number",
    digits: 7,
    pattern: pattern(/(?<![A-Za-z0-9])[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d(?![A-Za-z0-9])/),
  },
  {
    id: "national-insurance",
    kind: "national-number",
    digits: 6,
    pattern: pattern(
      /(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d{2} \d{2} \d{2} [A-D](?![A-Za-z0-9])/,
    ),
  },
  {
    id: "imei",
    kind: "device",
    digits: 14,
    keywords: ["imei"],
    pattern: pattern(/\bIMEI\d?["']?[\s:=(#"']{1,4}(\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d)(?!\d)/, "i"),
    isSecret: (value) => hasLuhnDigit(value.replaceAll(/\D/g, "")),
  },
  {
    id: "number-plate",
    kind: "number-plate",
    digits: 6,
    pattern: pattern(
      `(?:차량|번호판|차번호|car|plate)[^\\d\\n]{0,8}?((?:[가-힣]{2}\\s?)?\\d{2,3}\\s?${PLATE}\\s?\\d{4})(?![\\dA-Za-z])|(?<![\\d가-힣])(\\d{2,3}${PLATE}\\s?\\d{4})(?=\\s?(?:번\\s?)?차량)|(?<![\\d가-힣])(\\d{2,3}[가나다라마거너더러머버서어저고노보소구누두무아바사자배하허]\\d{4})(?![\\d가-힣])`,
      "i",
    ),
  },
  {
    id: "customs-code",
    kind: "national-number",
    digits: 12,
    keywords: ["통관", "pccc", "customs"],
    pattern: pattern(/(?:통관|PCCC|customs)[^\d\n]{0,20}(P\d{12})(?!\d)/, "i"),
  },
  // Who someone is over all services: CI and DI of the identification services
  {
    id: "connecting-information",
    kind: "national-number",
    digits: 1,
    keywords: ["ci", "di", "연계", "중복"],
    pattern: pattern(
      /(?:(?<![A-Za-z0-9])[CD]I|연계\s?정보|중복\s?가입\s?확인\s?정보)["']?\s?[:=(]?\s?["']?([A-Za-z0-9+/]{60,88}={0,2})(?![A-Za-z0-9+/=])/,
      "i",
    ),
  },
];
