import { useState } from "preact/hooks";
import { History } from "../../history.ts";
import { useFrames } from "../connection.ts";
import { ALL, type Chosen } from "./live/chosen.ts";
import { Lines } from "./live/lines.tsx";
import { Numbers } from "./live/numbers.tsx";
import { TEXTS } from "./live/texts.ts";
import { Tools } from "./live/tools.tsx";
import type { View, ViewProps } from "./registry.ts";

/** What the consumer reads and finds, as it happens. */
export const LIVE: View = { title: { en: "Live", ko: "실시간" }, Content: Live };

function Live({ language, connection }: ViewProps) {
  useFrames(connection);
  const [chosen, choose] = useState<Chosen>(ALL);
  const [held, hold] = useState<History | undefined>();
  const history = held ?? connection.history;
  const texts = TEXTS[language];
  const parts = { history, chosen, texts, language };
  return (
    <>
      <Tools
        {...{ texts, chosen, choose, history }}
        isPaused={held !== undefined}
        onPause={() => hold(held ? undefined : new History(connection.history.snapshot()))}
      />
      <Numbers {...parts} />
      <Lines {...parts} />
    </>
  );
}
