import type { CostShown, Usd } from "../../../infrastructure.ts";
import { Bar } from "./bar.tsx";
import { costText, type InfrastructureTexts, money, type PartProps } from "./texts.ts";

/** What a month costs beside the budget, in all and by part. */
export function Cost({ texts, language, cost }: PartProps & { readonly cost: CostShown }) {
  const { total, budgetUsd, parts } = cost;
  const usd = (value: number) => money(value, language);
  return (
    <section aria-labelledby="cost">
      <h2 id="cost">{texts.cost}</h2>
      <p class="sum">
        <b>{texts.ofBudget(usd(total.usd), usd(budgetUsd))}</b>
        <Verdict {...{ texts, usd }} cost={total} budget={budgetUsd} />
      </p>
      <Bar part={total.usd} whole={budgetUsd} />
      {total.unknown > 0 && <p class="hint">{texts.notCounted(total.unknown)}</p>}
      <table class="parts">
        <thead>
          <tr>
            <th scope="col">{texts.part}</th>
            <th scope="col">{texts.usd}</th>
            <th scope="col">{texts.budget}</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((one) => (
            <tr key={one.part}>
              <th scope="row">
                {texts.parts[one.part]}
                {one.budgetUsd !== undefined && <Bar part={one.usd} whole={one.budgetUsd} />}
              </th>
              <td>{costText(one, language, texts)}</td>
              <td>
                {one.budgetUsd === undefined ? (
                  texts.none
                ) : (
                  <>
                    {usd(one.budgetUsd)}
                    <Verdict {...{ texts, usd }} cost={one} budget={one.budgetUsd} />
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface VerdictProps {
  readonly texts: InfrastructureTexts;
  readonly usd: (value: number) => string;
  readonly cost: Usd;
  readonly budget: number;
}

function Verdict({ texts, usd, cost, budget }: VerdictProps) {
  const left = budget - cost.usd;
  if (left < 0) return <span class="bad">{texts.over(usd(-left))}</span>;
  // What is not known may cost more than what is left.
  if (cost.unknown > 0) return <span class="label">{texts.leftForUnknown(usd(left))}</span>;
  return <span class="good">{texts.left(usd(left))}</span>;
}
