import { useState } from "preact/hooks";
import { History } from "../../history.ts";
import { useFrames } from "../connection.ts";
import { Alerts } from "./live/alerts.tsx";
import { ALL, type Chosen } from "./live/chosen.ts";
import { DeadLetters } from "./live/dead-letters.tsx";
import { Incidents } from "./live/incidents.tsx";
import { Lines } from "./live/lines.tsx";
import { Numbers } from "./live/numbers.tsx";
import { Rates } from "./live/rates.tsx";
import { Templates } from "./live/templates.tsx";
import { TEXTS } from "./live/texts.ts";
import { Tools } from "./live/tools.tsx";
import { TryLine } from "./live/try-line.tsx";
import type { View, ViewProps } from "./registry.ts";

/** What the consumer reads and finds, as it happens. */
export const LIVE: View = { title: { en: "Live", ko: "실시간" }, Content: Live };

function Live({ language, connection, about }: ViewProps) {
  useFrames(connection);
  const [chosen, choose] = useState<Chosen>(ALL);
  const [held, hold] = useState<History | undefined>();
  const history = held ?? connection.history;
  const texts = TEXTS[language];
  const parts = { history, chosen, texts, language, about };
  return (
    <>
      <Tools
        {...{ texts, chosen, choose, history }}
        isPaused={held !== undefined}
        onPause={() => hold(held ? undefined : new History(connection.history.snapshot()))}
      />
      <Numbers {...parts} />
      <Rates {...parts} />
      <div class="columns">
        <Alerts {...parts} />
        <Templates {...parts} />
        <Incidents {...parts} />
        <DeadLetters {...parts} />
      </div>
      <Lines {...parts} />
      <TryLine texts={texts} />
    </>
  );
}
