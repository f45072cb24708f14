import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** The time of day, UTC. */
export const clock = (ms: number) => new Date(ms).toISOString().slice(11, 19);

interface FoldedProps {
  readonly title: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** What is unfolded by a press; what is folded isn't drawn. */
export function Folded({ title, class: name = "", children }: FoldedProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class={`entry ${name}`} open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {isOpen && children}
    </details>
  );
}
