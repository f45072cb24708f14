import type { Random } from "../random.ts";

/** What a slot may know of the line that it is filled for. */
export interface SlotContext {
  service: string;
  /** The service whose call failed; the own name where no call is meant. */
  upstream: string;
}

export type Slot = (random: Random, context: SlotContext) => string | number;

const WORDS = {
  sku: ["MUG", "TEE", "LAMP", "DESK", "SOFA", "BIKE", "TENT", "BOOK"],
  table: ["orders", "order_items", "payments", "stock", "shipments", "sessions", "price_list", "audit_log"],
  topic: ["orders.placed", "payments.settled", "stock.changed", "mail.outgoing", "shipments.updated"],
  query: [
    "running shoes",
    "desk lamp",
    "blue mug",
    "rain jacket",
    "phone case",
    "camping stove",
    "wool socks",
  ],
  verb: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  currency: ["EUR", "USD", "KRW", "GBP", "JPY"],
  carrier: ["express", "standard", "parcel-box", "freight", "same-day"],
  country: ["DE", "KR", "US", "FR", "JP", "GB", "SE", "BR"],
  cipher: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
  flag: ["new-checkout", "fast-search", "gift-wrap", "one-click", "dark-mode", "price-v2"],
  job: ["reindex", "cleanup-carts", "sync-prices", "rotate-keys", "send-reminders", "close-day"],
} as const;

/** What the services' interfaces are called. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  gateway: ["/v1/orders", "/v1/cart/items", "/v2/products", "/v1/login", "/v2/search"],
  auth: ["/v1/login", "/v1/tokens", "/v1/sessions"],
  cart: ["/v1/cart", "/v1/cart/items"],
  catalog: ["/v2/products", "/v2/prices"],
  search: ["/v2/search", "/v2/suggestions"],
  recommendation: ["/v1/recommendations/user"],
  checkout: ["/v1/orders", "/v1/discounts"],
  payment: ["/v1/payments", "/v1/refunds"],
  fraud: ["/v1/scores/order"],
  inventory: ["/v1/stock", "/v1/reservations"],
  shipping: ["/v1/shipments", "/v1/rates"],
  notification: ["/v1/mails", "/v1/devices"],
};

const word =
  (name: keyof typeof WORDS): Slot =>
  (random) =>
    random.pick(WORDS[name]);
const number =
  (least: number, most: number): Slot =>
  (random) =>
    random.between(least, most);

/** What `{name}` in a template's text stands for. A slot is drawn anew at every place. */
export const SLOTS: Readonly<Record<string, Slot>> = {
  upstream: (_, { upstream }) => upstream,
  service: (_, { service }) => service,
  sku: (random) => `${random.pick(WORDS.sku)}-${random.between(1000, 9999)}`,
  table: word("table"),
  topic: word("topic"),
  query: word("query"),
  verb: word("verb"),
  currency: word("currency"),
  carrier: word("carrier"),
  country: word("country"),
  cipher: word("cipher"),
  flag: word("flag"),
  job: word("job"),
  path: (random, { service }) => `${random.pick(PATHS[service] ?? ["/"])}/${random.between(1, 999_999)}`,
  order: (random) => `ord-${random.between(100_000, 999_999)}`,
  user: number(1, 2_000_000),
  cart: (random) => `c-${random.hex(12)}`,
  payment: (random) => `pay_${random.hex(16)}`,
  shipment: (random) => `shp-${random.between(10_000_000, 99_999_999)}`,
  message: (random) => `<${random.hex(10)}@mail.shop.example>`,
  session: (random) => random.hex(24),
  uuid: (random) => `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`,
  hex: (random) => `0x${random.hex(12)}`,
  id: number(1, 99_999_999),
  small: number(2, 9),
  count: number(1, 5_000),
  size: number(512, 64_000_000),
  percent: number(80, 99),
  share: (random) => `${random.between(1, 99)}.${random.between(0, 9)}%`,
  amount: (random) => `${random.between(1, 2_500)}.${String(random.between(0, 99)).padStart(2, "0")}`,
  fast: number(1, 180),
  slow: number(1_000, 30_000),
  seconds: number(1, 600),
  megabytes: number(200, 8_000),
  port: number(30_000, 61_000),
  thread: number(1, 64),
  partition: number(0, 23),
  offset: number(1, 900_000_000),
  slot: number(0, 16_383),
  ip: (random) => `10.${random.between(0, 63)}.${random.between(0, 255)}.${random.between(1, 254)}`,
  host: (random, { service }) => `${service}-db-${random.between(0, 5)}.internal`,
  broker: (random) => `kafka-${random.between(0, 5)}.internal:9092`,
  node: (random) => `ip-10-0-${random.between(0, 63)}-${random.between(1, 254)}.ec2.internal`,
  volume: (random) => `/var/lib/data/vol-${random.hex(8)}`,
  file: (random, { service }) => `/tmp/${service}/part-${random.hex(8)}.tmp`,
  object: (random) => `exports/${random.hex(2)}/${random.hex(16)}.parquet`,
};
