import type { FitShown } from "../../../infrastructure.ts";
import { Bar } from "./bar.tsx";
import type { PartProps } from "./texts.ts";

/** Whether all pods find a place, and which node has which. */
export function Fit({ texts, language, fit }: PartProps & { readonly fit: FitShown | undefined }) {
  const number = new Intl.NumberFormat(language);
  return (
    <section aria-labelledby="fit">
      <h2 id="fit">{texts.fit}</h2>
      {!fit && <p>{texts.fitUnknown}</p>}
      {fit?.cases.map(({ nodes, unplaced }, place) => (
        <div key={place === 0 ? "fewest" : "most"}>
          <h3>{(place === 0 ? texts.fewest : texts.most)(nodes.length, fit.instanceTypes.join(", "))}</h3>
          <p class={unplaced.length > 0 ? "bad" : "good"}>
            {unplaced.length > 0 ? texts.noRoom(unplaced.join(", ")) : texts.fits}
          </p>
          <ol class="nodes">
            {nodes.map((node, index) => (
              <Node key={index} {...{ texts, node, number }} title={texts.node(index + 1)} whole={fit.node} />
            ))}
          </ol>
        </div>
      ))}
    </section>
  );
}

interface NodeProps extends Pick<PartProps, "texts"> {
  readonly title: string;
  readonly node: FitShown["cases"][number]["nodes"][number];
  readonly whole: FitShown["node"];
  readonly number: Intl.NumberFormat;
}

function Node({ texts, title, node, whole, number }: NodeProps) {
  const rows = [
    { name: texts.cpu, part: node.cpuMillis, of: whole.cpuMillis, unit: "m" },
    { name: texts.memory, part: node.memoryMiB, of: whole.memoryMiB, unit: " MiB" },
    { name: texts.pods, part: node.pods.length, of: whole.pods, unit: "" },
  ];
  return (
    <li>
      <h4>{title}</h4>
      <dl>
        {rows.map(({ name, part, of, unit }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {texts.used(`${number.format(part)}${unit}`, `${number.format(of)}${unit}`)}
              <Bar part={part} whole={of} />
            </dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>
          {texts.pods}: {node.pods.length}
        </summary>
        <ul>
          {node.pods.map(({ name, cpuMillis, memoryMiB }, place) => (
            <li key={place}>
              {name}{" "}
              <span class="label">
                {number.format(cpuMillis)}m, {number.format(memoryMiB)} MiB
              </span>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}
