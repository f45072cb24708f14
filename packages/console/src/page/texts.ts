import type { Texts } from "./language.ts";

const en = {
  views: "Views",
  language: "Language",
  theme: "Theme",
  themes: { system: "system", light: "light", dark: "dark" },
  connected: "connected",
  lost: "connection lost, trying again",
  missed: (frames: number) => `${frames} updates left out: this page was too slow`,
  troubles: "What doesn't work now",
};

const ko: typeof en = {
  views: "화면",
  language: "언어",
  theme: "테마",
  themes: { system: "시스템", light: "밝게", dark: "어둡게" },
  connected: "연결됨",
  lost: "연결이 끊겨 다시 시도하는 중",
  missed: (frames) => `페이지가 느려 업데이트 ${frames}건을 건너뜀`,
  troubles: "현재 동작하지 않는 항목",
};

/** Texts of the shell; each view has its own. */
export const TEXTS: Texts<typeof en> = { en, ko };
