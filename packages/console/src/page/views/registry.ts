import type { ComponentType } from "preact";
import type { About, Language } from "../../protocol.ts";
import type { Connection } from "../connection.ts";
import type { Texts } from "../language.ts";
import { INFRASTRUCTURE } from "./infrastructure.tsx";
import { LIVE } from "./live.tsx";

/** What a view is given. */
export interface ViewProps {
  readonly language: Language;
  readonly about: About;
  readonly connection: Connection;
}

/** A tab of the console. */
export interface View {
  readonly title: Texts<string>;
  readonly Content: ComponentType<ViewProps>;
}

/** All views, by the name that `startConsole` knows them by; the page shows those that it was started with. */
export const VIEWS: Readonly<Record<string, View>> = { live: LIVE, infrastructure: INFRASTRUCTURE };
