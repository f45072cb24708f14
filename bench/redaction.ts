import { plain } from "@cali/slack";
import { plainText } from "../services/consumer/src/cause/llm/answer.ts";
import { redact } from "../services/consumer/src/redact/redact.ts";
import { HOSTILE } from "../services/consumer/test/support/hostile.ts";
import { plainLines } from "../services/consumer/test/support/redaction-lines.ts";
import { atMost, type Benchmark, growsLinearly, perCpuSecond } from "./frame.ts";

const USUAL = plainLines().join("\n");
const ms = (work: () => void) => 1_000 / perCpuSecond(1, work);
const long = (piece: string, units: number) => piece.repeat(Math.ceil(units / piece.length)).slice(0, units);

/** How long the worst of the hostile texts takes: a piece that patterns try in vain, over and over. */
const worst = (units: number, clean: (text: string) => unknown) =>
  Math.max(
    ...HOSTILE.map((piece) => {
      const text = long(piece, units);
      return ms(() => void clean(text));
    }),
  );

/** How long the worst of the hostile texts takes through what cleans texts, beside as much of usual lines. */
export const benchmark: Benchmark = {
  name: "redaction",
  unit: "ms of CPU",
  better: "less",
  size: "UTF-16 units",
  sizes: [12_500, 25_000, 50_000, 100_000],
  rounds: 3,
  growth: "figure",
  targets: [
    atMost(50, 100_000, "a hostile text of 100,000 units in less than 50 ms"),
    growsLinearly("redact, the worst hostile text"),
  ],
  open(size) {
    const usual = long(`${USUAL}\n`, size);
    worst(size, redact);
    return {
      contenders: {
        "redact, the worst hostile text": () => worst(size, redact),
        "redact, usual lines": () => ms(() => void redact(usual)),
        "a model's answer, the worst": () => worst(size, plainText),
        "Slack's escapes, the worst": () => worst(size, plain),
      },
    };
  },
};
