import "./infrastructure/infrastructure.css";
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Infrastructure } from "../../infrastructure.ts";
import { ask } from "../ask.ts";
import { Cost } from "./infrastructure/cost.tsx";
import { Fit } from "./infrastructure/fit.tsx";
import { Graph } from "./infrastructure/graph.tsx";
import { StackPanel } from "./infrastructure/stack-panel.tsx";
import { TEXTS } from "./infrastructure/texts.ts";
import type { View, ViewProps } from "./registry.ts";

/** What an environment is made of, what it costs, and whether it fits. */
export const INFRASTRUCTURE: View = {
  title: { en: "Infrastructure", ko: "인프라" },
  Content: InfrastructureView,
};

type State = { readonly infrastructure?: Infrastructure; readonly problem?: string };

function InfrastructureView({ language }: ViewProps) {
  const texts = TEXTS[language];
  const [{ infrastructure, problem }, setState] = useState<State>({});
  const [chosen, choose] = useState<string>();
  const read = useCallback(() => {
    setState({});
    ask<Infrastructure>("infrastructure").then(
      (infrastructure) => setState({ infrastructure }),
      (error: unknown) => setState({ problem: error instanceof Error ? error.message : String(error) }),
    );
  }, []);
  useEffect(read, [read]);
  if (problem !== undefined) {
    return (
      <section role="alert">
        <p>{texts.failed}</p>
        <pre class="problem">{problem}</pre>
        <button type="button" onClick={read}>
          {texts.again}
        </button>
      </section>
    );
  }
  if (!infrastructure) return <p role="status">{texts.reading}</p>;
  const { project, environment, region, stacks, flows, cost, fit } = infrastructure;
  const parts = { texts, language };
  const stack = stacks.find(({ name }) => name === chosen);
  return (
    <div class={stack ? "environment chosen" : "environment"}>
      <section aria-labelledby="stacks">
        <h2 id="stacks">{texts.stacks(`${project} ${environment}`, region)}</h2>
        <p class="hint">{texts.hint}</p>
        <Graph {...{ ...parts, stacks, flows, cost, chosen, choose }} />
      </section>
      {stack && (
        <StackPanel
          key={stack.name}
          {...{ ...parts, stack, flows, choose }}
          cost={cost.byStack[stack.name]}
          onClose={() => {
            choose(undefined);
            document.getElementById(`stack-${stack.name}`)?.focus();
          }}
        />
      )}
      <Cost {...parts} cost={cost} />
      <Fit {...parts} fit={fit} />
    </div>
  );
}
