import type { Language } from "@cali/settings";
import type { KnownCause } from "../../core/types.ts";
import { type CauseWords, causeInKorean, inKorean } from "./korean-causes.ts";

const many = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Votes on a cause, and what they make of it. */
interface Voted {
  readonly right: number;
  readonly wrong: number;
  readonly state: "proposed" | "confirmed" | "rejected";
}

const TIERS_EN: Record<NonNullable<KnownCause["tier"]>, string> = {
  hash: "known of this template",
  signature: "known by its signature",
  vector: "known of a similar template",
  llm: "proposed by a language model",
};

const en = {
  newError: (level: string, service: string) => `${level} in ${service}: new error`,
  goesOnStill: (level: string, service: string) => `${level} in ${service}: still going on`,
  service: "Service",
  version: "Version",
  level: "Level",
  lines: "Lines",
  inAll: (total: number) => `${total} in all`,
  heldBack: "Held back",
  firstSeen: "First seen",
  lastSeen: "Last seen",
  pod: "Pod",
  trace: "Trace",
  traceLines: "lines",
  rate: (minutes: number) => `Lines a minute, the last ${minutes}`,
  template: "Template",
  line: (place: number) => `Line ${place}`,
  ownFrames: "Own frames",
  cause: "Cause",
  action: "Action",
  /** Cause and action in the language, and what is to be said of them where they are not. */
  known: (words: CauseWords): CauseWords & { readonly note: string } => ({ ...words, note: "" }),
  nearCause: (cause: string): string => cause,
  unknown: "unknown",
  proposed: "proposed, not confirmed by a person",
  nearest: "Known errors that read most alike; none is the same:",
  unavailable: (why: string) => `Knowledge unavailable: ${why}`,
  tiers: TIERS_EN,
  similarity: (value: string) => `similarity ${value}`,
  since: (day: string) => `since ${day}`,
  knowledge: (entry: string) => `knowledge ${entry}`,
  runbook: "runbook",
  changed: "Changed",
  newVersion: (version: string, since: string, before: string) =>
    `version ${version} since ${since}, before that ${before}`,
  mayBeCausedBy: "May be caused by",
  quiet: "Quiet meanwhile, because they depend on it",
  andMore: (count: number) => ` and ${count} more`,
  mayBeRepeat: "may be a repeat",
  whyRepeat: "the consumer was stopped while it was being sent",
  alert: "alert",
  ofTheAlert: (id: string) => `of the alert ${id}`,
  updateOf: (id: string) => `update of the incident ${id}`,
  causeFound: (level: string, service: string) => `Cause found: ${level} in ${service}`,
  plainAlert: (level: string, service: string, count: number, template: string) =>
    `${level} in ${service}, ${count} lines: ${template}`,
  digest: (alerts: number, services: number, lines: number) =>
    `${alerts} alerts from ${many(services, "service")}, ${lines} lines`,
  oneIncident: "One incident",
  manyWaited: "Many alerts waited, so they come together",
  incident: (where: string) => `*Incident* in ${where}`,
  incidentUpdate: (where: string) => `*Update of the incident* in ${where}`,
  mostLikelyFrom: (service: string) => `, most likely from ${service}`,
  entry: (level: string, service: string) => `*${level}* in ${service}`,
  goesOn: (services: string, level: string, service: string, at: string, template: string) =>
    `*Goes on* in ${services}, last ${level} in ${service} at ${at} UTC: ${template}`,
  resolved: (services: string) => `Resolved: ${services}`,
  noMoreLines: (alerts: number, lines: number) =>
    `No more lines. It was ${many(alerts, "alert")} with ${many(lines, "line")}.`,
  incidentId: (id: string) => `incident ${id}`,
  acknowledge: "Acknowledge",
  silence: "Silence for 1 h",
  causeIsRight: "The cause is right",
  causeIsWrong: "The cause is wrong",
  acknowledgedBy: (user: string) => `👀 Acknowledged by ${user}`,
  acknowledgedAt: (user: string, at: string) => `👀 acknowledged by ${user} at ${at} UTC`,
  silentUntil: (until: string, user: string) => `🔕 Silent until ${until} UTC, by ${user}`,
  pressedTooLate: "It was pressed more than an hour ago: nothing is silenced.",
  noSuchCause: "The knowledge base has no such cause any more.",
  tooManyVotes: "Too many people have voted on this cause.",
  voted: (user: string, isRight: boolean, { right, wrong, state }: Voted) =>
    `${isRight ? "✅" : "❌"} ${user} says that the cause is ${isRight ? "right" : "wrong"} (${right} right, ${wrong} wrong): it is ${state}`,
  noAlert: "This button is of no alert.",
  mayNotPress: "You may not press this: ask whoever runs CALI (slack.buttonUsers).",
};

/** Every text of a message; a language that lacks one is no `Texts`. */
export type Texts = typeof en;

const TIERS_KO: typeof TIERS_EN = {
  hash: "같은 템플릿의 지식",
  signature: "시그니처가 일치하는 지식",
  vector: "비슷한 템플릿의 지식",
  llm: "언어 모델의 제안",
};

const STATES_KO: Record<Voted["state"], string> = {
  proposed: "제안됨",
  confirmed: "확인됨",
  rejected: "거부됨",
};

const ko: Texts = {
  newError: (level, service) => `${service} ${level}: 새로운 오류`,
  goesOnStill: (level, service) => `${service} ${level}: 계속 발생 중`,
  service: "서비스",
  version: "버전",
  level: "레벨",
  lines: "로그 건수",
  inAll: (total) => `누적 ${total}`,
  heldBack: "억제",
  firstSeen: "최초 발생",
  lastSeen: "최근 발생",
  pod: "파드",
  trace: "트레이스",
  traceLines: "로그 보기",
  rate: (minutes) => `최근 ${minutes}분간 분당 건수`,
  template: "템플릿",
  line: (place) => `로그 ${place}`,
  ownFrames: "자체 코드 프레임",
  cause: "원인",
  action: "조치",
  known: (words) => ({ ...(inKorean(words) ?? words), note: inKorean(words) ? "" : "영어로 작성됨" }),
  nearCause: (cause) => causeInKorean(cause) ?? cause,
  unknown: "알 수 없음",
  proposed: "제안된 원인으로, 아직 사람이 확인하지 않음",
  nearest: "가장 비슷한 기존 오류(같은 오류는 아님):",
  unavailable: (why) => `지식 베이스를 사용할 수 없음: ${why}`,
  tiers: TIERS_KO,
  similarity: (value) => `유사도 ${value}`,
  since: (day) => `${day}부터`,
  knowledge: (entry) => `지식 ${entry}`,
  runbook: "런북",
  changed: "변경 사항",
  newVersion: (version, since, before) => `${since}부터 버전 ${version}, 이전 버전 ${before}`,
  mayBeCausedBy: "원인일 수 있는 서비스",
  quiet: "이 서비스에 의존해 알림을 보류한 서비스",
  andMore: (count) => ` 외 ${count}개`,
  mayBeRepeat: "중복일 수 있음",
  whyRepeat: "전송 중에 컨슈머가 중지됨",
  alert: "알림",
  ofTheAlert: (id) => `알림 ${id}`,
  updateOf: (id) => `인시던트 ${id}의 업데이트`,
  causeFound: (level, service) => `원인 확인: ${service} ${level}`,
  plainAlert: (level, service, count, template) => `${service} ${level}, ${count}건: ${template}`,
  digest: (alerts, services, lines) => `서비스 ${services}개에서 알림 ${alerts}건, 로그 ${lines}건`,
  oneIncident: "하나의 인시던트",
  manyWaited: "대기 중인 알림이 많아 한 번에 보냄",
  incident: (where) => `*인시던트*: ${where}`,
  incidentUpdate: (where) => `*인시던트 업데이트*: ${where}`,
  mostLikelyFrom: (service) => `, 유력한 원인은 ${service}`,
  entry: (level, service) => `${service} 서비스 *${level}*`,
  goesOn: (services, level, service, at, template) =>
    `*진행 중*: ${services}. 마지막 ${level}은 ${service}, ${at} UTC: ${template}`,
  resolved: (services) => `해결됨: ${services}`,
  noMoreLines: (alerts, lines) => `더 이상 로그가 없습니다. 알림 ${alerts}건, 로그 ${lines}건이었습니다.`,
  incidentId: (id) => `인시던트 ${id}`,
  acknowledge: "확인",
  silence: "1시간 무음",
  causeIsRight: "원인이 맞음",
  causeIsWrong: "원인이 틀림",
  acknowledgedBy: (user) => `👀 ${user} 님이 확인함`,
  acknowledgedAt: (user, at) => `👀 ${at} UTC에 ${user} 님이 확인함`,
  silentUntil: (until, user) => `🔕 ${user} 님이 ${until} UTC까지 무음으로 설정함`,
  pressedTooLate: "버튼을 누른 지 한 시간이 지나 무음으로 설정하지 않았습니다.",
  noSuchCause: "지식 베이스에 이 원인이 더 이상 없습니다.",
  tooManyVotes: "이 원인에 투표한 사람이 너무 많습니다.",
  voted: (user, isRight, { right, wrong, state }) =>
    `${isRight ? "✅" : "❌"} ${user} 님: 원인이 ${isRight ? "맞음" : "틀림"} (맞음 ${right}, 틀림 ${wrong}). 상태: ${STATES_KO[state]}`,
  noAlert: "이 버튼에 해당하는 알림이 없습니다.",
  mayNotPress: "이 버튼을 누를 권한이 없습니다. CALI 운영자에게 문의하세요(slack.buttonUsers).",
};

const TEXTS: Readonly<Record<Language, Texts>> = { en, ko };

/** The texts of a language. Default: English. */
export const textsOf = (language: Language = "en"): Texts => TEXTS[language];
