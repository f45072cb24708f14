import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { podFootprint } from "../../constructs/footprint.ts";
import { cpuMillis, memoryMiB, QuantityError } from "../../constructs/quantity.ts";

describe("quantities", () => {
  it.each([
    ["250m", 250],
    ["0.5", 500],
    ["1.5", 1500],
    [2, 2000],
    ["0.07", 70],
    ["0.5m", 1],
  ])("%s of a processor is %i thousandths", (given, expected) => expect(cpuMillis(given)).toBe(expected));

  it.each([
    ["512Mi", 512],
    ["1Gi", 1024],
    ["1G", 954],
    ["1048577", 2],
    ["1.5Gi", 1536],
    ["100k", 1],
  ])("%s of memory is %i MiB", (given, expected) => expect(memoryMiB(given)).toBe(expected));

  it.each(["", "1 Gi", "-1", "1GB", "lots", "1e3", Number.NaN])("refuses %j", (given) => {
    expect(() => cpuMillis(given)).toThrow(QuantityError);
    expect(() => memoryMiB(given)).toThrow("allowed: a Kubernetes quantity such as 250m");
  });

  it("reads every whole number in every unit alike", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (n) => {
        expect(cpuMillis(`${n}m`)).toBe(n);
        expect(cpuMillis(n)).toBe(n * 1000);
        expect(memoryMiB(`${n}Mi`)).toBe(n);
        expect(memoryMiB(`${n}Gi`)).toBe(memoryMiB(`${n * 1024}Mi`));
      }),
    );
  });
});

describe("podFootprint", () => {
  const small = { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "1", memory: "128Mi" } };

  it("sums the containers", () => {
    expect(podFootprint({ name: "a/b", replicas: 2, containers: [small, small] })).toEqual({
      name: "a/b",
      perNode: false,
      replicas: { min: 2, max: 2 },
      request: { cpuMillis: 100, memoryMiB: 128 },
      limit: { cpuMillis: 2000, memoryMiB: 256 },
    });
  });

  it("counts a larger init container, which runs before the others", () => {
    const init = { requests: { cpu: "10m", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } };
    const { request } = podFootprint({ name: "a", replicas: 1, containers: [small], initContainers: [init] });
    expect(request).toEqual({ cpuMillis: 50, memoryMiB: 1024 });
  });

  it("takes a limit for a request that is not there, and no limit where one container has none", () => {
    const footprint = podFootprint({
      name: "a",
      replicas: "node",
      containers: [{ limits: { memory: "100Mi" } }, { requests: { cpu: "5m" }, limits: { memory: "1Mi" } }],
    });
    expect(footprint).toMatchObject({
      perNode: true,
      request: { cpuMillis: 5, memoryMiB: 101 },
      limit: { cpuMillis: undefined, memoryMiB: 101 },
    });
  });

  it("keeps the bounds of autoscaling", () => {
    expect(podFootprint({ name: "a", replicas: { min: 1, max: 4 }, containers: [] }).replicas).toEqual({
      min: 1,
      max: 4,
    });
  });
});
