import { useState } from "preact/hooks";
import type { AlertShown } from "../../../protocol.ts";
import { ask, hasToken, useToken } from "../../ask.ts";
import { isChosen } from "./chosen.ts";
import { Message } from "./message.tsx";
import type { PartProps } from "./part.ts";
import { clock, Folded } from "./shown.tsx";

const MOST_SHOWN = 50;

/** Alerts as Slack is sent them, the newest first. */
export function Alerts({ history, chosen, texts, language, about }: PartProps) {
  const alerts = history.alerts
    .filter((alert) => isChosen(chosen, { ...alert, text: alert.summary }))
    .slice(-MOST_SHOWN)
    .reverse();
  return (
    <section aria-labelledby="alerts">
      <h2 id="alerts">{texts.alerts}</h2>
      {alerts.length === 0 && <p class="hint">{texts.nothing}</p>}
      {alerts.map((alert) => (
        <Folded
          key={alert.id}
          class={alert.level}
          title={
            <>
              <time>{clock(alert.at)}</time> {alert.summary}{" "}
              <span class="badge">{alert.tier ? texts.tiers[alert.tier] : texts.unknown}</span>
            </>
          }
        >
          <Message blocks={alert.message[language]} />
          {about.mayChange && alert.entry && alert.isProposed && <Vote alert={alert} texts={texts} />}
        </Folded>
      ))}
    </section>
  );
}

/** Whether a proposed cause is right. */
function Vote({ alert, texts }: { alert: AlertShown } & Pick<PartProps, "texts">) {
  const [said, say] = useState("");
  const [token, setToken] = useState("");
  const vote = async (vote: "confirmed" | "rejected") => {
    if (token !== "") useToken(token);
    try {
      const { said } = await ask<{ said: string }>("vote", { entry: alert.entry, vote });
      say(texts.votes[said] ?? said);
    } catch (error) {
      say((error as Error).message);
    }
  };
  return (
    <p class="vote">
      {!hasToken() && (
        <label>
          <span class="label">{texts.token}</span>
          <input
            type="password"
            autocomplete="off"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
      )}
      <button type="button" onClick={() => vote("confirmed")}>
        ✅ {texts.confirm}
      </button>
      <button type="button" onClick={() => vote("rejected")}>
        ❌ {texts.reject}
      </button>
      <output>{said}</output>
    </p>
  );
}
