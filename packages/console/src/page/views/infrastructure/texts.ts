import type { Part, Usd } from "../../../infrastructure.ts";
import type { Language } from "../../../protocol.ts";
import type { Texts } from "../../language.ts";

const PARTS_EN: Readonly<Record<Part, string>> = {
  eks: "EKS's control plane",
  ec2: "nodes, their volumes and addresses",
  opensearch: "the search domain",
  rest: "the rest",
};

const PARTS_KO: typeof PARTS_EN = {
  eks: "EKS 컨트롤 플레인",
  ec2: "노드와 볼륨, 주소",
  opensearch: "검색 도메인",
  rest: "나머지",
};

const en = {
  reading: "Synthesizing the environment…",
  failed: "The environment could not be synthesized:",
  again: "Try again",
  stacks: (environment: string, region: string) => `${environment} in ${region}`,
  hint: "Stacks in the order of their deployment. Choose one to see its resources and what it takes of others.",
  step: (step: number) => `Step ${step}`,
  resources: (count: number) => (count === 1 ? "1 resource" : `${count} resources`),
  takes: "Takes",
  gives: "Gives",
  takesLegend: "what the chosen stack takes",
  givesLegend: "what it gives",
  aws: "made with AWS' API",
  cluster: "made in the cluster",
  nothingTaken: "nothing of another stack",
  nothingGiven: "nothing to another stack",
  close: "Close",
  noResources: "None in this environment.",
  unknown: (count: number) => `${count} unknown`,
  monthly: (cost: string) => `${cost} a month`,
  noCost: "costs nothing by itself",
  cost: "Cost against the budget",
  ofBudget: (cost: string, budget: string) => `${cost} of ${budget} a month`,
  left: (usd: string) => `${usd} left`,
  leftForUnknown: (usd: string) => `${usd} left for what is unknown`,
  over: (usd: string) => `${usd} over`,
  notCounted: (count: number) =>
    count === 1
      ? "One thing of unknown cost is in no sum; cali cost names it."
      : `${count} things of unknown cost are in no sum; cali cost names them.`,
  part: "Part",
  usd: "Cost",
  budget: "Budget",
  none: "none",
  parts: PARTS_EN,
  fit: "Does it fit?",
  fitUnknown: "Not known: the size of these nodes is in no table.",
  fewest: (nodes: number, type: string) => `Fewest pods on ${nodes} × ${type}`,
  most: (nodes: number, type: string) => `Most pods on ${nodes} × ${type}`,
  fits: "Everything fits.",
  noRoom: (pods: string) => `No room for ${pods}`,
  node: (number: number) => `Node ${number}`,
  cpu: "CPU",
  memory: "Memory",
  pods: "Pods",
  used: (part: string, whole: string) => `${part} of ${whole}`,
};

/** The view's texts in one language. */
export type InfrastructureTexts = typeof en;

const ko: InfrastructureTexts = {
  reading: "환경을 합성하는 중…",
  failed: "환경을 합성할 수 없습니다:",
  again: "다시 시도",
  stacks: (environment, region) => `${environment} (${region})`,
  hint: "배포 순서에 따른 스택입니다. 스택을 선택하면 리소스와 다른 스택에서 받는 값이 표시됩니다.",
  step: (step) => `${step}단계`,
  resources: (count) => `리소스 ${count}개`,
  takes: "받는 값",
  gives: "주는 값",
  takesLegend: "선택한 스택이 받는 값",
  givesLegend: "선택한 스택이 주는 값",
  aws: "AWS API로 생성",
  cluster: "클러스터 안에 생성",
  nothingTaken: "다른 스택에서 받는 값 없음",
  nothingGiven: "다른 스택에 주는 값 없음",
  close: "닫기",
  noResources: "이 환경에는 없습니다.",
  unknown: (count) => `미상 ${count}개`,
  monthly: (cost) => `월 ${cost}`,
  noCost: "자체 비용 없음",
  cost: "예산 대비 비용",
  ofBudget: (cost, budget) => `월 ${cost} / 예산 ${budget}`,
  left: (usd) => `${usd} 남음`,
  leftForUnknown: (usd) => `비용 미상 항목에 ${usd} 남음`,
  over: (usd) => `${usd} 초과`,
  notCounted: (count) =>
    `비용을 알 수 없는 항목 ${count}개는 합계에 없습니다. cali cost가 항목을 알려 줍니다.`,
  part: "구분",
  usd: "비용",
  budget: "예산",
  none: "없음",
  parts: PARTS_KO,
  fit: "노드에 들어가는가?",
  fitUnknown: "알 수 없음: 이 노드의 크기가 표에 없습니다.",
  fewest: (nodes, type) => `최소 파드, ${type} 노드 ${nodes}개`,
  most: (nodes, type) => `최대 파드, ${type} 노드 ${nodes}개`,
  fits: "모두 들어갑니다.",
  noRoom: (pods) => `자리가 없는 파드: ${pods}`,
  node: (number) => `노드 ${number}`,
  cpu: "CPU",
  memory: "메모리",
  pods: "파드",
  used: (part, whole) => `${part} / ${whole}`,
};

export const TEXTS: Texts<InfrastructureTexts> = { en, ko };

/** What each part of the view is given. */
export interface PartProps {
  readonly texts: InfrastructureTexts;
  readonly language: Language;
}

/** A sum as the language writes it. */
export const money = (usd: number, language: Language): string =>
  new Intl.NumberFormat(language, { style: "currency", currency: "USD" }).format(usd);

/** What is known of a cost, and of how many things it is not. */
export function costText({ usd, unknown }: Usd, language: Language, texts: InfrastructureTexts): string {
  const known = money(usd, language);
  return unknown > 0 ? `${known} + ${texts.unknown(unknown)}` : known;
}
