/** The digits of a text, as numbers. */
export function digitsOf(text: string): number[] {
  return [...text].filter((character) => character >= "0" && character <= "9").map(Number);
}

/** Whether digits end with the check digit of card numbers (ISO/IEC 7812-1). */
export function hasLuhnDigit(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const value = (digits.charCodeAt(digits.length - 1 - place) - 48) * (place % 2 === 0 ? 1 : 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

/** Whether 13 digits end with the check digit of goods and books (EAN-13, ISBN-13). */
export function hasEanDigit(text: string): boolean {
  const digits = digitsOf(text);
  const sum = digits.reduce((total, digit, place) => total + digit * (place % 2 === 0 ? 1 : 3), 0);
  return digits.length === 13 && sum % 10 === 0;
}

const RESIDENT_WEIGHTS = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
/** Sex and century of birth: Koreans, then foreigners. */
const CENTURIES: Readonly<Record<number, number>> = {
  1: 1900,
  2: 1900,
  3: 2000,
  4: 2000,
  5: 1900,
  6: 1900,
  7: 2000,
  8: 2000,
  9: 1800,
  0: 1800,
};

/** Whether the first seven digits of a Korean resident or foreigner registration number say a day that there was. */
export function hasBirthDate(text: string): boolean {
  const digits = digitsOf(text);
  const [year, month, day] = [0, 2, 4].map((from) => Number(digits.slice(from, from + 2).join("")));
  const century = CENTURIES[digits[6] ?? -1];
  if (century === undefined || year === undefined || month === undefined || day === undefined) return false;
  const date = new Date(Date.UTC(century + year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/**
 * Whether 13 digits are a resident or foreigner registration number: a birth date and the check digit. Numbers given out since
 * October 2020 have no check digit, so those of who was born since need none.
 */
export function isResidentNumber(text: string): boolean {
  const digits = digitsOf(text);
  if (digits.length !== 13 || !hasBirthDate(text)) return false;
  const born = Number(digits.slice(0, 6).join(""));
  const kind = digits[6] ?? 0;
  if ([3, 4, 7, 8].includes(kind) && born >= 201005 && born < 500000) return true;
  const sum = RESIDENT_WEIGHTS.reduce((total, weight, place) => total + weight * (digits[place] ?? 0), 0);
  const last = digits[12];
  return last === (11 - (sum % 11)) % 10 || (kind >= 5 && kind <= 8 && last === (13 - (sum % 11)) % 10);
}

/** How long the IBANs of a country are (SWIFT's IBAN registry). */
const IBAN_LENGTHS = new Map(
  Object.entries({
    15: "NO",
    16: "BE BI",
    18: "DK FI FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ DZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
  }).flatMap(([length, countries]) =>
    countries.split(" ").map((country) => [country, Number(length)] as const),
  ),
);

/** How much of a text, from its beginning, is an IBAN in any grouping: the rest of it over 97 is one (ISO 13616). 0: nothing. */
export function ibanLength(text: string): number {
  const length = IBAN_LENGTHS.get(text.slice(0, 2).toUpperCase());
  if (length === undefined) return 0;
  let [place, count] = [0, 0];
  let iban = "";
  for (; place < text.length && count < length; place++) {
    const character = text[place] as string;
    if (character === " " || character === "-") continue;
    iban += character;
    count++;
  }
  if (count < length || /[A-Za-z0-9]/.test(text[place] ?? "")) return 0;
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1 ? place : 0;
}

/** Shannon's entropy of a text, in bits a character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
