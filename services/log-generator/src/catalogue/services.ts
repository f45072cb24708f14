/** Decides the shape of a service's stack traces. */
export type Language = "java" | "node" | "python" | "go";

export interface Service {
  name: string;
  language: Language;
  /** The version that most pods run, and those that a few still run. */
  versions: readonly [string, ...string[]];
  /** Number of pods. */
  replicas: number;
}

/** A service and those that it calls, in this order. */
export type Call = readonly [service: string, ...calls: Call[]];

/** What users do: each is a request that enters at the gateway and fans out. */
export interface Route {
  name: string;
  /** How often, next to the others. */
  weight: number;
  calls: Call;
}

export const SERVICES: readonly Service[] = [
  { name: "gateway", language: "go", versions: ["4.12.0", "4.11.3"], replicas: 3 },
  { name: "auth", language: "go", versions: ["2.8.1"], replicas: 2 },
  { name: "cart", language: "node", versions: ["3.4.0", "3.3.9"], replicas: 2 },
  { name: "catalog", language: "node", versions: ["5.0.2"], replicas: 2 },
  { name: "search", language: "python", versions: ["1.19.4", "1.19.3"], replicas: 3 },
  { name: "recommendation", language: "python", versions: ["0.9.12"], replicas: 2 },
  { name: "checkout", language: "java", versions: ["6.2.1", "6.2.0"], replicas: 3 },
  { name: "payment", language: "java", versions: ["3.14.5", "3.14.4"], replicas: 3 },
  { name: "fraud", language: "python", versions: ["2.1.0"], replicas: 2 },
  { name: "inventory", language: "java", versions: ["4.7.3"], replicas: 2 },
  { name: "shipping", language: "go", versions: ["1.6.8", "1.6.7"], replicas: 2 },
  { name: "notification", language: "node", versions: ["2.2.6"], replicas: 2 },
];

export const ROUTES: readonly Route[] = [
  { name: "search products", weight: 30, calls: ["gateway", ["search", ["catalog"]]] },
  { name: "view a product", weight: 28, calls: ["gateway", ["catalog"], ["inventory"], ["recommendation"]] },
  { name: "log in", weight: 10, calls: ["gateway", ["auth"]] },
  {
    name: "change the cart",
    weight: 16,
    calls: ["gateway", ["auth"], ["cart", ["catalog"], ["inventory"]]],
  },
  {
    name: "place an order",
    weight: 12,
    calls: [
      "gateway",
      ["auth"],
      ["checkout", ["cart"], ["inventory"], ["payment", ["fraud"]], ["shipping"], ["notification"]],
    ],
  },
  { name: "follow a parcel", weight: 4, calls: ["gateway", ["auth"], ["shipping", ["notification"]]] },
];

/** Who calls a service directly, read from the routes. */
export function callersOf(service: string): string[] {
  const callers = new Set<string>();
  const visit = ([caller, ...calls]: Call): void => {
    for (const call of calls) {
      if (call[0] === service) callers.add(caller);
      visit(call);
    }
  };
  for (const route of ROUTES) visit(route.calls);
  return [...callers];
}
