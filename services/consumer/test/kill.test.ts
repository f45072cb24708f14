import { it } from "vitest";
import { killTest } from "./support/kill.ts";

it("20 kills at random points lose nothing and double nothing", { timeout: 600_000 }, () =>
  killTest({ payloads: 20_000, kills: 20, seed: 4 }),
);
