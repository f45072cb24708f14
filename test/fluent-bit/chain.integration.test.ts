import { describe } from "vitest";
import { comeOutAsRecords } from "./support/through.ts";

describe("10,000 lines of the log generator", () => comeOutAsRecords({ count: 10_000 }));
