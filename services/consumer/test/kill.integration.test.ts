import { it } from "vitest";
import { killTest } from "./support/kill.ts";

it("20 kills at random points among 100,000 payloads lose nothing and double nothing", () =>
  killTest({ payloads: 100_000, kills: 20, seed: 100 }));
