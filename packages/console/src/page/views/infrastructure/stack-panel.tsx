import { useEffect, useRef } from "preact/hooks";
import type { FlowShown, StackShown, Usd } from "../../../infrastructure.ts";
import { costText, type PartProps } from "./texts.ts";

interface StackPanelProps extends PartProps {
  readonly stack: StackShown;
  readonly flows: readonly FlowShown[];
  readonly cost: Usd | undefined;
  readonly choose: (stack: string) => void;
  readonly onClose: () => void;
}

/** A stack: what it costs, takes and gives, and its resources. Escape closes it. */
export function StackPanel({ texts, language, stack, flows, cost, choose, onClose }: StackPanelProps) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  useEffect(() => {
    const onKey = ({ key }: KeyboardEvent) => key === "Escape" && onClose();
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
  const byType = [...Map.groupBy(stack.resources, ({ type }) => type)];
  return (
    <aside class="panel" aria-labelledby="panel-title">
      <header>
        <h2 id="panel-title" ref={title} tabIndex={-1}>
          {stack.name}
        </h2>
        <button type="button" aria-keyshortcuts="Escape" onClick={onClose}>
          {texts.close}
          <kbd>Esc</kbd>
        </button>
      </header>
      <p lang="en">{stack.makes}</p>
      <p>
        {cost && (cost.usd > 0 || cost.unknown > 0)
          ? texts.monthly(costText(cost, language, texts))
          : texts.noCost}
      </p>
      <Flows
        title={texts.takes}
        none={texts.nothingTaken}
        choose={choose}
        flows={flows.filter(({ to }) => to === stack.name).map(({ from, value }) => ({ stack: from, value }))}
      />
      <Flows
        title={texts.gives}
        none={texts.nothingGiven}
        choose={choose}
        flows={flows.filter(({ from }) => from === stack.name).map(({ to, value }) => ({ stack: to, value }))}
      />
      <h3>{texts.resources(stack.resources.length)}</h3>
      {byType.length === 0 && <p>{texts.noResources}</p>}
      {byType.map(([type, resources]) => (
        <section key={type}>
          <h4>
            {type} <span class="label">{resources.length}</span>
          </h4>
          <ul class="resources">
            {resources.map(({ address, name }) => (
              <li key={address}>
                {name && <span>{name}</span>}
                <code>{address}</code>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </aside>
  );
}

interface FlowsProps {
  readonly title: string;
  readonly none: string;
  readonly flows: readonly { readonly stack: string; readonly value: string }[];
  readonly choose: (stack: string) => void;
}

/** Values, by the stack at their other end. */
function Flows({ title, none, flows, choose }: FlowsProps) {
  return (
    <>
      <h3>{title}</h3>
      {flows.length === 0 && <p>{none}</p>}
      <ul class="flows">
        {[...Map.groupBy(flows, ({ stack }) => stack)].map(([stack, values]) => (
          <li key={stack}>
            <button type="button" onClick={() => choose(stack)}>
              {stack}
            </button>
            <ul>
              {values.map(({ value }) => (
                <li key={value}>
                  <code>{value}</code>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </>
  );
}
