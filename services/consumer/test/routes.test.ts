import { expect, it, onTestFinished } from "vitest";
import type { Route } from "../src/config/slack.ts";
import type { Alert } from "../src/core/types.ts";
import { routeOf } from "../src/notify/routes.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";
import { alertsOf, SlackServer } from "./support/slack-server.ts";
import { alert as alertWith } from "./support/state-contract.ts";

const at = (over: Partial<Alert>): Alert => ({ ...alertWith("a"), service: "payment", ...over });

it.each<[Omit<Route, "webhook">, Partial<Alert>, boolean]>([
  [{}, {}, true],
  [{ services: ["cart", "payment"] }, {}, true],
  [{ services: ["payment-api"] }, {}, false],
  [{ levels: ["WARN", "FATAL"] }, { level: "FATAL" }, true],
  [{ levels: ["WARN", "FATAL"] }, { level: "ERROR" }, false],
  [{ labels: { environment: ["prod"] } }, { environment: "prod" }, true],
  [{ labels: { environment: ["prod"] } }, { environment: "dev" }, false],
  [{ labels: { environment: ["prod"] } }, {}, false],
  [{ labels: { platform: ["ecs"] } }, { platform: "eks" }, false],
  [{ labels: { version: ["2.0"] } }, { version: "2.1" }, false],
  [{ labels: { errorCode: ["X"] } }, { errorCode: "X" }, true],
  [{ labels: { errorCode: ["X"] } }, { errorCode: "Y" }, false],
  [{ services: ["payment"], levels: ["FATAL"] }, { level: "ERROR" }, false],
])("a route %j and an alert %j: %s", (route, alert, fits) => {
  const routes = [
    { ...route, webhook: "one" },
    { ...route, webhook: "later" },
  ];
  expect(routeOf(at(alert), routes)).toBe(fits ? "one" : undefined);
});

/** A consumer whose alerts of payment go to a webhook of their own. */
async function routed() {
  const rig = await Rig.create();
  const payments = new SlackServer();
  const webhooks = { payments: await payments.listen() };
  onTestFinished(() => payments.close());
  const routes: Route[] = [{ services: ["payment"], labels: { environment: ["prod"] }, webhook: "payments" }];
  const consumer = await rig.start({ slack: { routes, webhooks, timeoutMs: 5_000 } });
  const put = (service: string, message: string) =>
    rig.kinesis.put(JSON.stringify(logRecord({ level: "ERROR", service, message, environment: "prod" })));
  const said = async (path: string) => (await fetch(`http://127.0.0.1:${consumer.port}${path}`)).text();
  const services = (slack: SlackServer) => alertsOf(slack.posts).map(({ service }) => service);
  return { rig, payments, consumer, put, said, services };
}

it("an alert goes where its route says, and one that fits none to the webhook of all", async () => {
  const { rig, payments, consumer, put, services } = await routed();
  put("payment", "card is declined");
  put("cart", "coupon is unknown");
  await until("both", () => rig.slack.posts.length === 1 && payments.posts.length === 1);
  expect(services(payments)).toEqual(["payment"]);
  expect(services(rig.slack)).toEqual(["cart"]);
  await until("an empty outbox", async () => (await consumer.counters()).outbox === 0);
});

it("a route that is down holds up no other, and its alerts arrive once it is back", async () => {
  const { rig, payments, consumer, put, said, services } = await routed();
  payments.status = 503;
  put("payment", "card is declined");
  await until("the failure", () => payments.requests > 0);
  put("cart", "coupon is unknown");
  put("search", "index is gone");
  await until("the others", () => services(rig.slack).length === 2);
  expect(services(rig.slack).sort()).toEqual(["cart", "search"]);
  await until("the trouble", () => consumer.troubles().some((text) => text.startsWith("slack payments:")));
  expect(await said("/readyz")).toBe("ready\n");
  payments.status = 200;
  await until("the one that waited", () => payments.posts.length === 1);
  expect(alertsOf(payments.posts)).toMatchObject([{ service: "payment", isRepeat: true }]);
  await until("no trouble", () => consumer.troubles().length === 0);
});

it("alerts of a route whose webhook is gone are sent elsewhere, and the consumer says so", async () => {
  const { rig, payments, consumer, put, said, services } = await routed();
  payments.status = 410;
  put("payment", "card is declined");
  await until("the alert", () => rig.slack.posts.length === 1);
  expect(services(rig.slack)).toEqual(["payment"]);
  await until("the trouble", () => consumer.troubles().length > 0);
  expect(await said("/readyz")).toContain(
    "webhook payments: alerts go to a fallback webhook: Slack answered 410",
  );
  expect(await said("/metrics")).toContain('cali_consumer_diverted_messages_total{webhook="payments"} 1');
  payments.status = 200;
  put("payment", "refund is impossible");
  await until("the next", () => payments.posts.length === 1);
  await until("no trouble", () => consumer.troubles().length === 0);
  expect(await said("/readyz")).toBe("ready\n");
  expect(JSON.stringify(rig.said)).not.toContain("/services/T0/B0/secret");
});

it("a fresh state learns what is usual first: only FATAL is new then", async () => {
  const rig = await Rig.create();
  const consumer = await rig.start({ grouping: { learnForMs: 3_600_000, groupWaitMs: 0 } });
  const put = (level: "ERROR" | "FATAL", service: string) =>
    rig.kinesis.put(JSON.stringify(logRecord({ level, service, message: `${service} is broken` })));
  put("ERROR", "cart");
  put("FATAL", "payment");
  await until("both", async () => (await consumer.counters()).totals.records === 2);
  await until("the alert", () => rig.slack.posts.length > 0);
  // A stop sends whatever is due.
  await rig.stop(consumer);
  expect(alertsOf(rig.slack.posts).map(({ service }) => service)).toEqual(["payment"]);
});
