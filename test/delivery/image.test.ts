import { expect, it } from "vitest";
import { loadConfig, parseConfig } from "../../config/load.ts";
import { imageRepository, imageTarget } from "../../delivery/commands/image/image.ts";

it("is the repository that 07-ecr makes", () => {
  expect(imageRepository(loadConfig({ env: "dev" }), "consumer", "123456789012")).toBe(
    "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/cali-dev/consumer",
  );
  expect(imageRepository(loadConfig({ env: "terraform-users" }), "consumer", "123456789012")).toBe(
    "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/cali/consumer",
  );
});

it("says which services there are", () => {
  expect(() => imageRepository(loadConfig({ env: "dev" }), "../x", "123456789012")).toThrow(
    /given \.\.\/x; allowed: one of repositories\.names in config\/dev\.yaml: consumer, log-generator/,
  );
});

it("is built from the stage of the environment's engine; of other services there is one", () => {
  const dev = loadConfig({ env: "dev" });
  const kcl = parseConfig({ ...dev, services: { consumer: { engine: "kcl" } } }, "dev, changed");
  expect(imageTarget(dev, "consumer")).toBeUndefined();
  expect(imageTarget(kcl, "consumer")).toBe("kcl");
  expect(imageTarget(kcl, "log-generator")).toBeUndefined();
});
