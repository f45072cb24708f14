import type { Texts } from "../../language.ts";

const en = {
  tools: "What is shown",
  search: "Search",
  searchHint: "words of a line or a service",
  service: "Service",
  allServices: "all services",
  levels: "Levels",
  pause: "Pause",
  resume: "Resume",
  linesASecond: "Lines a second",
  lag: "Lag",
  templates: "Templates",
  alerts: "Alerts",
  deadLetters: "Dead letters",
  lines: "Lines",
  linesHint: "a sample: of many lines a second some are shown, those with trouble first",
  nothing: "Nothing yet.",
};

/** A view's texts in one language. */
export type LiveTexts = typeof en;

const ko: LiveTexts = {
  tools: "표시할 내용",
  search: "검색",
  searchHint: "로그나 서비스에 있는 단어",
  service: "서비스",
  allServices: "모든 서비스",
  levels: "레벨",
  pause: "일시 정지",
  resume: "계속",
  linesASecond: "초당 로그",
  lag: "지연",
  templates: "템플릿",
  alerts: "알림",
  deadLetters: "데드 레터",
  lines: "로그",
  linesHint: "표본: 초당 로그가 많으면 일부만, 문제가 있는 로그부터 표시",
  nothing: "아직 없습니다.",
};

export const TEXTS: Texts<LiveTexts> = { en, ko };
