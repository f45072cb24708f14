import type { History } from "../../../history.ts";
import type { About, Language } from "../../../protocol.ts";
import type { Chosen } from "./chosen.ts";
import type { LiveTexts } from "./texts.ts";

/** What each part of the view is given. */
export interface PartProps {
  readonly history: History;
  readonly chosen: Chosen;
  readonly texts: LiveTexts;
  readonly language: Language;
  readonly about: About;
}
